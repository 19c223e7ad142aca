import { PassThrough, Writable } from 'node:stream'
import type { Io } from '../../src/cli/io.js'
import { runCli } from '../../src/cli/program.js'

/** A stream whose text can be read at the end. */
export function captureStream(): { stream: PassThrough; text: () => string } {
  const stream = new PassThrough()
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') }
}

/** A reader that takes nothing until it is told to. */
export function stuckStream(): { stream: Writable; release: () => void; text: () => string } {
  const chunks: string[] = []
  let waiting: (() => void) | undefined
  let open = false
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      chunks.push(chunk)
      if (open) done()
      else waiting = done
    },
  })
  const release = (): void => {
    open = true
    waiting?.()
  }
  return { stream, release, text: () => chunks.join('') }
}

/** Runs `flow ARGV` in this process, with no terminal. */
export async function flow(
  argv: readonly string[],
  options: { cwd?: string; env?: Io['env'] } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const stdout = captureStream()
  const stderr = captureStream()
  const code = await runCli(argv, {
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
  })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}
