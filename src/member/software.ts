/** What this program calls itself to other peers, so that people know what to update; a test keeps it equal to package.json. */
export const SOFTWARE = 'starlings/0.1.0'
