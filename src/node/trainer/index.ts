/** Trainers on a thread of their own. */
export type { ShardSpec, TrainerConfig } from '../../train/remote/calls.js'
export { startTrainerWorker, type TrainerWorker, TrainerWorkerError } from './client.js'
