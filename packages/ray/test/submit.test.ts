import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const program = fileURLToPath(new URL('../programs/submit.py', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'ray-submit-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Stands in for Ray's client. It tells what is asked of it, and its job goes on for a while after it was stopped. */
const CLIENT = `import asyncio, os, time

class Status:
    def __init__(self, text): self.text = text
    def is_terminal(self): return self.text != "RUNNING"
    def __eq__(self, other): return self.text == other
class JobStatus: SUCCEEDED = "SUCCEEDED"
class Info:
    status, message, driver_exit_code = Status("FAILED"), "it failed", int(os.environ.get("CODE", "0"))
def say(text): print(text, flush=True)

class JobSubmissionClient:
    left = None
    def __init__(self, address):
        if "REFUSAL" in os.environ: raise RuntimeError(os.environ["REFUSAL"])
    def submit_job(self, **given):
        say("submitting")
        if "SLOW" in os.environ: time.sleep(1)
        say("submitted")
    def stop_job(self, job):
        say("stop " + job)
        self.left = 3
    def get_job_status(self, job):
        self.left -= 1
        say("asked")
        return Status("RUNNING" if self.left > 0 else "STOPPED")
    async def tail_job_logs(self, job):
        yield "a line\\n"
        while "CODE" not in os.environ and self.left is None: await asyncio.sleep(0.02)
    def get_job_logs(self, job): return "a line\\nthe end\\n"
    def get_job_info(self, job): return Info()
`

interface Ended {
  readonly code: number | null
  readonly lines: string[]
  readonly noJobApi: string | undefined
}

/** Runs submit.py; `sigtermAt` is the line at which it gets SIGTERM. */
async function submit(env: Record<string, string>, sigtermAt?: string): Promise<Ended> {
  const own = mkdtempSync(join(dir, 'case-'))
  mkdirSync(join(own, 'ray'))
  writeFileSync(join(own, 'ray/__init__.py'), '')
  writeFileSync(join(own, 'ray/job_submission.py'), CLIENT)
  const noJobApi = join(own, 'no-job-api')
  writeFileSync(join(own, 'input'), JSON.stringify({ jobId: 'work-1', entrypoint: 'true', env: {}, noJobApi }))
  const child = spawn('python3', [program], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...process.env,
      ...env,
      PYTHONPATH: own,
      PYTHONDONTWRITEBYTECODE: '1',
      FLOW_INPUT: join(own, 'input'),
      FLOW_OUTPUT: join(own, 'output'),
      RAY_API_SERVER_ADDRESS: 'http://10.0.0.1:1',
    },
  })
  let text = ''
  let isTold = false
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (isTold || sigtermAt === undefined || !text.includes(`${sigtermAt}\n`)) return
    isTold = true
    child.kill('SIGTERM')
  })
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  return {
    code,
    lines: text.trimEnd().split('\n'),
    noJobApi: existsSync(noJobApi) ? readFileSync(noJobApi, 'utf8') : undefined,
  }
}

test('SIGTERM stops the job, and its end is waited for', async () => {
  const { code, lines } = await submit({}, 'a line')
  expect(code).toBe(143)
  expect(lines).toEqual(['submitting', 'submitted', 'a line', 'stop work-1', 'asked', 'asked', 'asked', 'the end'])
})

test('SIGTERM while Ray takes the job: it is stopped as soon as it is there', async () => {
  const { code, lines } = await submit({ SLOW: '1' }, 'submitting')
  expect(code).toBe(143)
  expect(lines.slice(0, 3)).toEqual(['submitting', 'submitted', 'stop work-1'])
  expect(lines.filter(line => line === 'asked')).toHaveLength(3)
})

test('no job API is told apart from a job that ends with the same code', async () => {
  expect(await submit({ REFUSAL: 'no dashboard' })).toMatchObject({ code: 69, noJobApi: 'no dashboard' })
  expect(await submit({ CODE: '69' })).toMatchObject({ code: 69, noJobApi: undefined })
})
