import { readFileSync } from 'node:fs'

/** As V8 writes it (https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile). Times in µs. */
interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface CallFrame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}

/** Milliseconds that a place in the code was itself running. */
export interface Place {
  readonly name: string
  readonly ms: number
}

/** Where the process of a .cpuprofile spent its time: by function, and by file or package, the longest first. */
export function readCpuProfile(path: string): {
  readonly functions: readonly Place[]
  readonly modules: readonly Place[]
} {
  const profile = JSON.parse(readFileSync(path, 'utf8')) as CpuProfile
  const frames = new Map(profile.nodes.map(node => [node.id, node.callFrame]))
  const functions = new Map<string, number>()
  const modules = new Map<string, number>()
  for (const [index, id] of profile.samples.entries()) {
    const frame = frames.get(id)
    if (frame === undefined) continue
    const ms = (profile.timeDeltas[index] ?? 0) / 1000
    const where = moduleOf(frame)
    add(modules, where, ms)
    add(
      functions,
      `${frame.functionName || '(anonymous)'} ${where}${frame.url === '' ? '' : `:${frame.lineNumber + 1}`}`,
      ms,
    )
  }
  return { functions: longestFirst(functions), modules: longestFirst(modules) }
}

function moduleOf({ functionName, url }: CallFrame): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'native'
  return (
    /node_modules\/(?<name>(@[^/]+\/)?[^/]+)(?!.*node_modules)/.exec(url)?.groups?.['name'] ??
    url.split('/').slice(-3).join('/')
  )
}

function add(map: Map<string, number>, key: string, ms: number): void {
  map.set(key, (map.get(key) ?? 0) + ms)
}

function longestFirst(map: ReadonlyMap<string, number>): Place[] {
  return [...map].map(([name, ms]) => ({ name, ms })).toSorted((a, b) => b.ms - a.ms)
}
