/** What the page may do and load, as headers; the build writes the policy into the page, too. */

/**
 * Everything from the own origin and nothing from elsewhere. WebSockets go to whatever peers there are; WebRTC is not
 * governed by this. `wasm-unsafe-eval` is WebAssembly only, not `eval`.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "manifest-src 'self'",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'"
].join('; ')

/** Of every answer. `frame-ancestors` works as a header only. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': `${PAGE_POLICY}; frame-ancestors 'none'`,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(self), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
}
