import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { current, Flow, FlowError, type Inputs, pypi, resources, step } from '@flow/core'
import { ray } from '@flow/ray'

/** One cluster, and what its calls say: results, and an error for each way to fail. */
export default class RayCalls extends Flow {
  answers: Record<string, unknown> = {}

  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  @pypi({ packages: { 'ray[default,train]': '2.60.0', 'xgboost-cpu': '3.2.0' } })
  @resources({ cpu: 1, memory: 512 })
  @ray({ workerLogs: true, objectStoreMemory: 100 })
  @step
  async work() {
    console.log(`at ${process.cwd()}`)
    const { address, dashboardUrl, nodes, storagePath } = current.ray
    this.answers['cluster'] = { address, dashboardUrl, nodes, storagePath }
    const token = readFileSync(process.env['RAY_AUTH_TOKEN_PATH'] ?? '', 'utf8')
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${dashboardUrl}/api/jobs/`, { headers })).status
    this.answers['http'] = [await status({}), await status({ authorization: `Bearer ${token}` })]

    const entrypoint = 'ray_calls.py'
    const { output } = await current.ray.run({ entrypoint, entrypointArgs: ['fine', 'a b', 1], input: { one: 1 } })
    this.answers['run'] = output
    this.answers['plain'] = (await current.ray.run({ entrypoint: 'ray_plain.py' })).stdout
    for (const how of ['import', 'raise', 'exit', 'task', 'actor']) {
      this.answers[how] = await refusal(current.ray.run({ entrypoint: ['python', entrypoint, how] }))
    }
    this.answers['killed'] = await refusal(current.ray.run({ entrypoint: ['sh', '-c', 'kill -9 $$'] }))
    this.answers['file'] = await refusal(current.ray.run({ entrypoint: 'no_such.py' }))
    this.answers['program'] = await refusal(current.ray.run({ entrypoint: 'no-such-program' }))
    this.answers['quote'] = await refusal(current.ray.run({ entrypoint: "python 'x" }))
    this.answers['slow'] = await refusal(current.ray.run({ entrypoint: 'sleep 1000', timeout: 200 }))
    const job = await current.ray.submit({
      entrypoint,
      entrypointArgs: ['fine', "it's"],
      input: [2],
      metadata: { by: 'test' },
    })
    this.answers['job'] = { output: job.output, jobId: job.jobId, stdout: job.stdout }
    this.answers['badJob'] = await refusal(current.ray.submit({ entrypoint: `${entrypoint} exit` }))
    this.answers['job69'] = await refusal(current.ray.submit({ entrypoint: ['sh', '-c', 'exit 69'], timeout: 60_000 }))
    const workingDir = join(process.cwd(), 'only-there')
    mkdirSync(workingDir)
    writeFileSync(join(workingDir, 'packed.py'), "import os; print('packed in', os.getcwd(), os.environ['VIA'])")
    const runtimeEnv = { working_dir: workingDir, py_executable: 'env VIA=py_executable python' }
    this.answers['packed'] = (await current.ray.submit({ entrypoint: 'packed.py', runtimeEnv })).stdout
    const controller = new AbortController()
    this.answers['aborted'] = await refusal(
      current.ray.submit({
        entrypoint: ['sh', '-c', 'trap "sleep 1; echo saved; exit" TERM; echo waits; sleep 1000 & wait'],
        signal: controller.signal,
        timeout: 60_000,
        onLine: text => text === 'waits' && controller.abort(),
      }),
    )
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.answers = inputs[0].answers
    this.next(this.end)
  }

  @step end() {
    console.log(JSON.stringify(this.answers))
  }
}

async function refusal(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call
  } catch (error) {
    if (!FlowError.is(error)) throw error
    const { code, message, why, details } = error
    return { code, message, why, exitCode: details['exitCode'], stdout: details['stdout'] }
  }
}
