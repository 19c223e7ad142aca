import type { ArtifactRef, Artifacts, Store } from '../../store/index.js'
import { storeOfCwd } from '../home.js'
import { formatBytes } from '../output/index.js'
import { findPath, tasksOf } from '../paths.js'
import type { CommandModule } from './table.js'

/** Larger values are described, not shown, but with `--json`. */
const SHOWN_BYTES = 1024 * 1024

export const configure: CommandModule['configure'] = (command, session) => {
  command
    .argument('<path>', 'a task, a node of a gang, a step or a run')
    .option('--json', 'print the artifacts as JSON, by path and field')
    .addHelpText(
      'after',
      '\nExamples:\n  flow dump MpiHello/3/join/5\n  flow dump MpiHello/3/multinode/2@1\n  flow dump MpiHello/3 --json',
    )
    .action(async (text: string, flags: { json?: boolean }) => {
      using store = await storeOfCwd(session)
      const found = await findPath(session, store, text)
      const { node } = found
      const dumped: Record<string, unknown> = {}
      for (const task of tasksOf(found)) {
        const nodes = node === undefined ? nodesOf(found.store, task.path) : [node]
        for (const one of nodes) {
          const path = nodes.length > 1 || node !== undefined ? `${task.path}@${one}` : task.path
          const artifacts = found.store.metadata.artifacts(path)
          if (flags.json === true) dumped[path] = await readAll(found.store, artifacts)
          else session.out.write(`${path}\n${await describeAll(found.store, artifacts)}`)
        }
      }
      if (flags.json === true) session.printJson(dumped)
    })
}

function nodesOf(store: Store, path: string): number[] {
  const attempt = store.metadata.attempts(path).at(-1)
  return Array.from({ length: attempt?.nodes ?? 1 }, (_, node) => node)
}

async function readAll(store: Store, artifacts: Artifacts): Promise<Record<string, unknown>> {
  const { loadArtifact } = await import('../../store/index.js')
  const values: Record<string, unknown> = {}
  for (const [field, ref] of Object.entries(artifacts)) {
    const { encoding, type, size, hash } = ref
    values[field] =
      encoding === 'json' ? await loadArtifact(store.blobs, ref) : { $encoding: encoding, type, size, hash }
  }
  return values
}

async function describeAll(store: Store, artifacts: Artifacts): Promise<string> {
  const lines = await Promise.all(
    Object.entries(artifacts).map(async ([field, ref]) => `  ${field}: ${await describe(store, ref)}\n`),
  )
  return lines.length === 0 ? '  (no artifacts)\n' : lines.join('')
}

async function describe(store: Store, ref: ArtifactRef): Promise<string> {
  const kind =
    ref.encoding === 'file' || ref.encoding === 'dir'
      ? `${ref.encoding} ${ref.type ?? ''}`.trimEnd()
      : (ref.type ?? ref.encoding)
  if (ref.encoding === 'file' || ref.encoding === 'dir' || ref.size > SHOWN_BYTES)
    return `<${kind}, ${formatBytes(ref.size)}, sha256 ${ref.hash.slice(0, 12)}…>`
  const { loadArtifact } = await import('../../store/index.js')
  const { inspect } = await import('node:util')
  const text = inspect(await loadArtifact(store.blobs, ref), {
    depth: 6,
    maxArrayLength: 50,
    maxStringLength: 2000,
    breakLength: 100,
  })
  return text.replaceAll('\n', '\n  ')
}
