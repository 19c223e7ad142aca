import { FlowError } from '../errors/index.js'
import {
  type ArtifactTable,
  artifactTable,
  isFailure,
  type LazyArtifact,
  setArtifact,
  type StoredArtifact,
} from './artifacts.js'
import { requireState } from './state.js'

/** Which artifacts `mergeArtifacts` of a {@link Flow} takes over. */
export interface MergeOptions<K extends string> {
  /** Only these; each must be in some input or set already. */
  readonly include?: readonly K[]
  /** All but these. */
  readonly exclude?: readonly K[]
}

/** What the inputs say about one field. */
interface Candidate {
  readonly artifact: LazyArtifact
  readonly served: boolean
  readonly input: number
}

/** Takes over into `flow` what `inputs` agree on; see `Flow.mergeArtifacts`. */
export function mergeInto(flow: object, inputs: readonly object[], options: MergeOptions<string>): void {
  const { include, exclude } = options
  if (include !== undefined && exclude !== undefined) {
    throw new FlowError('FLOW_MERGE_OPTIONS', {
      message: 'mergeArtifacts() got include and exclude',
      fix: 'Give one of the two.',
    })
  }
  const found = candidates(inputs.map(tableOf))
  const isSet = setByStep(flow)
  // A failure tells of one input: it is nothing that all agree on, and two of them are no conflict.
  const common = [...found].filter(([, all]) => !all.some(one => isFailure(one.artifact.ref))).map(([name]) => name)
  const wanted = include ?? common.filter(name => exclude?.includes(name) !== true)
  const open = wanted.filter(name => !isSet(name))
  const missing = open.filter(name => !found.has(name))
  if (missing.length > 0) throw missingError(missing, [...found.keys()])
  const conflicts: string[] = []
  const take: [string, LazyArtifact][] = []
  for (const name of open) {
    const all = found.get(name) ?? []
    // Workers that served carry what they inherited: control's own value counts.
    const own = all.filter(one => !one.served)
    const counted = own.length > 0 ? own : all
    const groups = Map.groupBy(counted, one => content(one.artifact.ref))
    if (groups.size > 1) conflicts.push(describeConflict(name, [...groups.values()]))
    else if (counted[0] !== undefined) take.push([name, counted[0].artifact])
  }
  if (conflicts.length > 0) throw conflictError(conflicts)
  for (const [name, artifact] of take) setArtifact(flow, name, artifact)
}

function tableOf(input: object): ArtifactTable {
  const table = artifactTable(input)
  if (table !== undefined) return table
  throw new FlowError('FLOW_MERGE_INPUTS', {
    message: 'mergeArtifacts() got something else than the inputs of a join',
    fix: 'Pass on what the join got: join(inputs: Inputs<this>) { this.mergeArtifacts(inputs) }.',
  })
}

function candidates(tables: readonly ArtifactTable[]): Map<string, Candidate[]> {
  const found = new Map<string, Candidate[]>()
  for (const [input, table] of tables.entries()) {
    for (const [name, artifact] of table.fields) {
      const list = found.get(name) ?? []
      list.push({ artifact, served: table.served, input })
      found.set(name, list)
    }
  }
  return found
}

/** Tells whether the running step gave a field its value; what the constructor left there does not count. */
function setByStep(flow: object): (name: string) => boolean {
  const { parameters, initial } = requireState(flow, 'mergeArtifacts()')
  const stored = artifactTable(flow)?.fields
  return name => {
    if (parameters.has(name) || stored?.has(name) === true) return true
    if (!Object.hasOwn(flow, name)) return false
    return !Object.is(Reflect.get(flow, name), initial.get(name))
  }
}

/** Two refs with the same text hold the same value: equal bytes as Float64Array and as Buffer are not the same. */
function content(ref: StoredArtifact): string {
  return `${ref.encoding ?? ''} ${ref.encoding === 'bytes' ? (ref.type ?? '') : ''} ${ref.hash}`
}

function describeConflict(name: string, groups: readonly (readonly Candidate[])[]): string {
  const sides = groups.map(group => group.map(one => one.input).join(', '))
  return `'${name}' (inputs ${sides.slice(0, 4).join(' / ')}${sides.length > 4 ? ' / …' : ''})`
}

function conflictError(conflicts: readonly string[]): FlowError {
  return new FlowError('FLOW_MERGE_CONFLICT', {
    message: `mergeArtifacts(): the inputs differ in ${conflicts.join(', ')}`,
    why: 'Only what all inputs agree on can be taken over without choosing.',
    fix: 'Set these fields before mergeArtifacts(), or exclude them.',
    details: { conflicts },
  })
}

function missingError(missing: readonly string[], there: readonly string[]): FlowError {
  return new FlowError('FLOW_MERGE_MISSING', {
    message: `mergeArtifacts(): no input has ${missing.map(name => `'${name}'`).join(', ')}`,
    fix: `Correct include. The inputs have: ${there.join(', ') || 'no artifacts'}.`,
    details: { missing },
  })
}
