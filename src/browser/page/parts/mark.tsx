/** The mark: three birds of a flock, in the colour of the text. */

const BIRD =
  'M256 300C222 236 160 206 84 214C142 224 186 258 206 318C216 350 236 372 256 382C276 372 296 350 306 318C326 258 370 224 428 214C352 206 290 236 256 300Z'

export function Mark({ size = 32 }: { readonly size?: number }) {
  return (
    <svg class="mark" viewBox="60 60 400 340" width={size} height={size} aria-hidden="true" focusable="false">
      <path d={BIRD} />
      <path d={BIRD} transform="translate(206 30) scale(0.42)" opacity="0.8" />
      <path d={BIRD} transform="translate(340 24) scale(0.27)" opacity="0.55" />
    </svg>
  )
}
