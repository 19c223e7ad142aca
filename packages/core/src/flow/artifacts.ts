import { FlowError } from '../errors/index.js'
import { isFileArtifact } from './file-artifact.js'
import { artifactsKey } from './keys.js'
import { requireState } from './state.js'

/** What has to be known of a stored artifact here: which content it is. store/ knows the rest. */
export interface StoredArtifact {
  readonly hash: string
  readonly encoding?: string
  readonly type?: string | undefined
}

/** A record that `@catchFailure` made. */
export function isFailure({ encoding, type }: StoredArtifact): boolean {
  return encoding === 'json' && type === 'failure'
}

/** A stored artifact that is loaded when it is first read. */
export interface LazyArtifact {
  readonly ref: StoredArtifact
  load(): unknown
}

/** The stored artifacts of an instance or input. */
export interface ArtifactTable {
  readonly fields: Map<string, LazyArtifact>
  /** Set for a worker that served control: what it carries it inherited. */
  readonly served: boolean
}

/** A field to store: with `ref` it is what it was when it was loaded, and need not be stored again. */
export type ArtifactField =
  | { readonly name: string; readonly ref: StoredArtifact }
  | { readonly name: string; readonly ref?: undefined; readonly value: unknown }

/** The stored artifacts of an instance or input; undefined for any other object. */
export function artifactTable(holder: object): ArtifactTable | undefined {
  return (holder as { [artifactsKey]?: ArtifactTable })[artifactsKey]
}

/**
 * Gives a flow its artifacts: each replaces what the constructor left in that field, and is loaded when it is read.
 *
 * @param load Returns the value of the artifact in field `name`, at once.
 */
export function setArtifacts(
  flow: object,
  refs: Readonly<Record<string, StoredArtifact>>,
  load: (name: string) => unknown,
): void {
  for (const [name, ref] of Object.entries(refs)) setArtifact(flow, name, { ref, load: () => load(name) })
}

/** Gives a flow one artifact. Parameters and `input` are not artifacts and stay as they are. */
export function setArtifact(flow: object, name: string, artifact: LazyArtifact): void {
  const { parameters, inherited } = requireState(flow, 'setArtifact()')
  if (parameters.has(name) || name === 'input') return
  inherited.add(name)
  const { fields } = ownTable(flow)
  fields.set(name, artifact)
  const become = (value: unknown): void => {
    fields.delete(name)
    Object.defineProperty(flow, name, { value, writable: true, enumerable: true, configurable: true })
  }
  Object.defineProperty(flow, name, {
    enumerable: true,
    configurable: true,
    get: () => {
      const value = artifact.load()
      // An object may be changed in place after this: it has to be stored again. What cannot change keeps its ref.
      if (isChangeable(value)) become(value)
      else Object.defineProperty(flow, name, { get: () => value, set: become, enumerable: true, configurable: true })
      return value
    },
    set: become,
  })
}

/**
 * The fields of a flow that are artifacts now: no parameters, not `input`, no functions of its own, and nothing that was
 * never set. A field that had a value and is undefined now is stored as that: a later step is not to find the old one.
 */
export function artifactFields(flow: object): readonly ArtifactField[] {
  const { parameters, initial, inherited } = requireState(flow, 'artifactFields()')
  const stored = ownTable(flow).fields
  const found: ArtifactField[] = []
  for (const name of Object.keys(flow)) {
    if (parameters.has(name) || name === 'input') continue
    const lazy = stored.get(name)
    if (lazy !== undefined) {
      found.push({ name, ref: lazy.ref })
      continue
    }
    const value: unknown = Reflect.get(flow, name)
    // A helper such as `half = (x: number) => x / 2`: every instance makes it anew.
    const isHelper = typeof value === 'function' && initial.get(name) === value
    const isUnset = value === undefined && initial.get(name) === undefined && !inherited.has(name)
    if (!isUnset && !isHelper) found.push({ name, value })
  }
  return found
}

/** What {@link makeInput} takes. */
export interface InputOptions {
  readonly refs: Readonly<Record<string, StoredArtifact>>
  /** Returns the value of the artifact in field `name`, at once. */
  readonly load: (name: string) => unknown
  readonly parameters?: Readonly<Record<string, unknown>>
  /** True for a worker that served control. */
  readonly served?: boolean
}

/** One entry of a join's `inputs`: artifacts, loaded when read, and parameters. A write throws `FLOW_INPUT_READ_ONLY`. */
export function makeInput(options: InputOptions): Readonly<Record<string, unknown>> {
  const input = {}
  const fields = new Map<string, LazyArtifact>()
  const define = (name: string, read: () => unknown): void => {
    let loaded: { readonly value: unknown } | undefined
    Object.defineProperty(input, name, {
      enumerable: true,
      get: () => (loaded ??= { value: read() }).value,
      set: () => {
        throw new FlowError('FLOW_INPUT_READ_ONLY', {
          message: `'${name}' of an input cannot be written`,
          why: 'Inputs show what earlier steps stored.',
          fix: `Write this.${name} instead.`,
        })
      },
    })
  }
  for (const [name, ref] of Object.entries(options.refs)) {
    fields.set(name, { ref, load: () => options.load(name) })
    define(name, () => options.load(name))
  }
  for (const [name, value] of Object.entries(options.parameters ?? {})) {
    if (!Object.hasOwn(input, name)) define(name, () => value)
  }
  Object.defineProperty(input, artifactsKey, {
    value: { fields, served: options.served ?? false } satisfies ArtifactTable,
  })
  return Object.preventExtensions(input)
}

function ownTable(flow: object): ArtifactTable {
  const own = artifactTable(flow)
  if (own !== undefined) return own
  const table: ArtifactTable = { fields: new Map(), served: false }
  Object.defineProperty(flow, artifactsKey, { value: table })
  return table
}

function isChangeable(value: unknown): boolean {
  if (typeof value === 'function') return true
  return typeof value === 'object' && value !== null && !isFileArtifact(value) && !Object.isFrozen(value)
}
