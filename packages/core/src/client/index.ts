export { client, Client } from './client.js'
export { PastFlow, PastRun, PastStep } from './past-run.js'
export { PastTask, type TaskLogOptions } from './past-task.js'
