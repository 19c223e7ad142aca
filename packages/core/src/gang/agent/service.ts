import { resolve as resolvePath } from 'node:path'
import { spawn } from 'node:child_process'
import { FlowError } from '../../errors/index.js'
import { describeExit, Fence, lastLines, Tail } from '../../process/index.js'
import type { Service, ServiceSpec } from '../hooks/index.js'
import { programMarker, type ProgramHost, PROGRAM_VARIABLE } from './program.js'

/**
 * Starts a program that lives as long as the gang. Settles when it is ready; `onEnd` is told when it ends before it is
 * disposed of. One with a grace of its own is ended by it as soon as `stopping` says that the gang stops.
 *
 * @throws `FLOW_GANG_SERVICE_NOT_READY`
 */
export async function startService(
  host: ProgramHost,
  spec: ServiceSpec,
  stopping: AbortSignal,
  onEnd: (status: { readonly exitCode: number | null; readonly signal: string | null }, excerpt: string) => void,
): Promise<Service> {
  const [file, ...args] = spec.command
  if (file === undefined) throw notReady(spec, 'its command is empty', '')
  const marker = programMarker(host.fence, `service.${spec.name}`)
  const child = spawn(file, args, {
    cwd: resolvePath(host.workDir, spec.cwd ?? '.'),
    env: { ...host.environment(), ...spec.env, [PROGRAM_VARIABLE]: marker },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  host.watch(child.pid)
  const stderr = new Tail()
  const ready = Promise.withResolvers<void>()
  let isDisposed = false
  let isReady = false
  for (const name of ['stdout', 'stderr'] as const) {
    const sink = host.log.sink(name, undefined, text => {
      if (spec.ready?.test(text) === true) ready.resolve()
    })
    child[name].on('data', (chunk: Buffer) => {
      if (name === 'stderr') stderr.push(chunk)
      void sink.write(chunk)
    })
    child[name].once('close', () => sink.end())
  }
  const exited = new Promise<void>(resolve => {
    child.once('error', error => {
      ready.reject(notReady(spec, error.message, ''))
      resolve()
    })
    child.once('exit', (exitCode, signal) => {
      const excerpt = lastLines(stderr.toString())
      ready.reject(notReady(spec, `it ${describeExit({ exitCode, signal })}`, excerpt))
      // Before it is ready its end is the error of the call, for the caller to name.
      if (isReady && !isDisposed) onEnd({ exitCode, signal }, excerpt)
      resolve()
    })
  })
  child.once('spawn', () => {
    if (spec.ready === undefined) ready.resolve()
  })
  const stop = async (): Promise<void> => {
    isDisposed = true
    await new Fence(marker, { variable: PROGRAM_VARIABLE }).sweep(spec.graceMs ?? host.graceMs)
    await exited
  }
  if (spec.graceMs !== undefined) stopping.addEventListener('abort', () => void stop(), { once: true })
  const timer = setTimeout(
    () => ready.reject(notReady(spec, `it was not ready within ${spec.readyTimeout ?? 30_000} ms`, stderr.toString())),
    spec.readyTimeout ?? 30_000,
  )
  try {
    await ready.promise
    isReady = true
  } catch (error) {
    await stop()
    throw error
  } finally {
    clearTimeout(timer)
  }
  return { pid: child.pid ?? 0, [Symbol.asyncDispose]: stop }
}

function notReady(spec: ServiceSpec, why: string, excerpt: string): FlowError {
  return new FlowError('FLOW_GANG_SERVICE_NOT_READY', {
    message: `Service '${spec.name}' did not start: ${why}`,
    ...(excerpt === '' ? {} : { why: excerpt }),
    fix: `Run it by hand: ${spec.command.join(' ')}`,
    details: { command: spec.command },
  })
}
