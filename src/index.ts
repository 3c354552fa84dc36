/** The public library. */
export type * from './interface.js'
