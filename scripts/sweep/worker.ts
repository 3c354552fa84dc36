/** A process of the sweep: runs one job after another until its parent is gone. */
import { type Job, runJob } from './job.js'

process.on('message', (message: { readonly id: number; readonly job: Job }) => {
  void runJob(message.job).then(result => process.send?.({ id: message.id, result }))
})
process.on('disconnect', () => process.exit())
