import { Metadata } from '../../../src/store/index.js'

// Makes 20 runs of one task each in a home that other processes use at the same time; prints their ids.
const [home = ''] = process.argv.slice(2)
const metadata = Metadata.open(home)
for (let index = 0; index < 20; index++) {
  const runId = metadata.createRun({ flow: 'Shared', parameters: { index } })
  const taskId = metadata.createTask(runId, 'start')
  const path = `Shared/${runId}/start/${taskId}`
  metadata.startAttempt(path, 0)
  metadata.commitAttempt({ path, attempt: 0, outcome: 'ok', artifacts: [{}] })
  metadata.finishRun(runId, 'ok')
  console.log(runId)
}
metadata.close()
