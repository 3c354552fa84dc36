// Deliberately empty: WebRTC comes from node-datachannel in Node.js and from the browser itself in pages.
