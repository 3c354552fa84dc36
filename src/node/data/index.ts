/** Data of the tasks on disk. */
export { describeTableFile, type LoadOptions, loadData } from './load.js'
