/**
 * The first program of Flow on a host that has nothing of Flow: takes the code package from the orchestrator link,
 * unpacks what is missing, and hands over to the host program in it. It travels as text, so it is one file that imports
 * nothing but Node's own modules.
 */
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import type { BootAnswer, BootDone, BootEntry, BootFailure, BootRequest, BootTree, HostStart } from './boot-protocol.js'

// Also in remote/boot.ts, which is not imported here: this file travels alone.
const MARK = '\n@flow-host '
const OLDEST_NODE = [22, 15]
const PIECE = 1024 * 1024

const input: Readable = process.stdin
/** What is being unpacked: removed when the link ends before it is whole. */
let unfinished: string | undefined
let wake = (): void => undefined
// One listener throughout: each new one would be called at once when some bytes, but too few, are there.
const onNews = (): void => wake()
const news = ['readable', 'end', 'close'] as const
for (const event of news) input.on(event, onNews)

try {
  checkNode()
  const request = await takeMessage<BootRequest>()
  const cacheDir = request.cacheDir ?? defaultCacheDir()
  const places = request.trees.map(tree => (isAbsolute(tree.name) ? tree.name : join(cacheDir, tree.name)))
  const missing = request.trees.flatMap((tree, index) => (isThere(tree, places[index] ?? '') ? [] : [index]))
  await say({ cacheDir, missing, env: pick(request.variables) })
  for (const index of missing) await unpack(places[index] ?? '')
  for (const [index, tree] of request.trees.entries()) checkTarget(tree, places[index] ?? '')
  await say({ done: true })
  const start = await takeMessage<HostStart>()
  const { runHost } = (await import(pathToFileURL(start.hostModule).href)) as {
    runHost: (this: void, start: HostStart, input: Readable) => void
  }
  for (const event of news) input.off(event, onNews)
  runHost(start, input)
} catch (error) {
  if (unfinished !== undefined) rmSync(unfinished, { recursive: true, force: true })
  const { code, message, fix } = error as Partial<BootFailure['error']>
  // The orchestrator may be gone: then nobody hears it.
  await say({
    error: {
      code: code?.startsWith('FLOW_') === true ? code : 'FLOW_HOST_START_FAILED',
      message: message ?? String(error),
      fix: fix ?? 'See what the host says on stderr.',
    },
  })
  process.exit(70)
}

async function takeMessage<T>(): Promise<T> {
  const length = (await take(4)).readUInt32BE()
  return JSON.parse((await take(length)).toString('utf8')) as T
}

/** The next `size` bytes. Nothing flows: what comes after them stays for whoever reads next. */
async function take(size: number): Promise<Buffer> {
  for (;;) {
    const bytes = size === 0 ? Buffer.alloc(0) : (input.read(size) as Buffer | null)
    if (bytes?.length === size) return bytes
    if (bytes !== null || input.readableEnded || input.destroyed) throw new Error('The link ended.')
    await new Promise<void>(resolve => (wake = resolve))
  }
}

async function say(message: BootAnswer | BootDone | BootFailure): Promise<void> {
  const isTaken = process.stdout.write(`${MARK}${JSON.stringify(message)}\n`)
  if (!isTaken) await once(process.stdout, 'drain')
}

function checkNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  throw fail(
    'FLOW_NODE_TOO_OLD',
    `Node.js ${process.versions.node} (${process.execPath}) is older than ${OLDEST_NODE.join('.')}.`,
    'Install a newer Node.js on the host.',
  )
}

function defaultCacheDir(): string {
  const { XDG_CACHE_HOME: cache } = process.env
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'flow', 'hosts')
}

function isThere({ marker, name }: BootTree, place: string): boolean {
  if (!existsSync(place)) return false
  if (marker === undefined || existsSync(join(place, marker))) return true
  throw fail(
    'FLOW_HOST_FILES',
    `${name} is on the host, but not whole.`,
    'Wait until the run that makes it there has ended, or remove it on the host.',
  )
}

function pick(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap(name => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}

/** Whole or not at all: under another name first. Whoever comes second drops its own. */
async function unpack(place: string): Promise<void> {
  const temp = join(dirname(place), `.new-${process.pid}-${Date.now().toString(36)}`)
  unfinished = temp
  try {
    mkdirSync(temp, { recursive: true, mode: 0o755 })
    for (;;) {
      const entry = await takeMessage<BootEntry>()
      if (entry === null) break
      await unpackEntry(entry, join(temp, entry.path))
    }
    renameSync(temp, place)
  } catch (error) {
    rmSync(temp, { recursive: true, force: true })
    const { code, message } = error as NodeJS.ErrnoException
    if (existsSync(place) && (code === 'ENOTEMPTY' || code === 'EEXIST')) return
    if (code === undefined) throw error
    throw fail(
      'FLOW_HOST_FILES',
      `${place} cannot be written on the host: ${message}`,
      `Make room or give rights there.`,
    )
  } finally {
    unfinished = undefined
  }
}

async function unpackEntry(entry: Exclude<BootEntry, null>, path: string): Promise<void> {
  if ('link' in entry) return symlinkSync(entry.link, path)
  if ('dir' in entry) return void mkdirSync(path, { recursive: true, mode: entry.mode | 0o700 })
  const file = openSync(path, 'wx', entry.mode)
  try {
    for (let left = entry.size; left > 0;) {
      const bytes = await take(Math.min(left, PIECE))
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
      left -= bytes.length
    }
  } finally {
    closeSync(file)
  }
}

/** A Python environment leads to an interpreter outside of it. */
function checkTarget({ needs, name }: BootTree, place: string): void {
  if (needs === undefined) return
  const path = join(place, needs)
  try {
    realpathSync(path)
  } catch {
    throw fail(
      'FLOW_HOST_PYTHON_MISSING',
      `${name} needs ${targetOf(path)}, which is not on the host.`,
      'Install the same Python at the same path on every host, or ask for one that they have: @pypi({ python }).',
    )
  }
}

function targetOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return path
  }
}

function fail(code: string, message: string, fix: string): Error & BootFailure['error'] {
  return Object.assign(new Error(message), { code, fix })
}
