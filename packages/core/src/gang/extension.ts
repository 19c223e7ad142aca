import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { GangHooks } from './hooks/index.js'

/**
 * Something an extension needs on the machine: how to see it, and how to install it. `flow doctor` reads these.
 *
 * @example
 * const redis: Requirement = {
 *   name: 'redis-server',
 *   check: { command: ['redis-server', '--version'], match: 'v=[67]' },
 *   install: ['apt-get install redis-server'],
 * }
 */
export interface Requirement {
  /** What it is, e.g. 'mpirun'. */
  readonly name: string
  /** A command that succeeds when it is there; `match` is a regular expression its output must satisfy. */
  readonly check: { readonly command: readonly string[]; readonly match?: string | undefined }
  /** Ways to install it, best first, each a line to show. */
  readonly install: readonly string[]
  readonly optional?: boolean | undefined
}

/**
 * A starting point that `flow init` can lay out.
 *
 * @example
 * const template: Template = {
 *   name: 'hello',
 *   help: 'a program that says hello',
 *   files: { 'hello.py': 'print("hello")\n' },
 * }
 */
export interface Template {
  readonly name: string
  readonly help: string
  /** File contents by relative path. */
  readonly files: Readonly<Record<string, string>>
}

/** What {@link gangDecorator} takes: an extension of gangs. */
export interface ExtensionSpec<N extends string, O, A, U extends readonly AnyExtension[], S extends StandardSchemaV1> {
  /** Its name, its key in messages, and the name of its decorator. */
  readonly name: N
  /** The range of `@flow/core` versions it was made for, e.g. '^0.1.0'. */
  readonly core: string
  /** Whether workers run the step's body or serve control. Default: it does not say ('body' if none does). */
  readonly workers?: 'body' | 'serve' | undefined
  /** Extensions whose API it uses; their taps come first. */
  readonly uses?: U | undefined
  /** Schema of the facts its nodes publish. */
  readonly facts?: S | undefined
  /**
   * Names of variables (`*` at the end matches any rest) that nodes take over from the environment of `flow run`, besides
   * those that all nodes do. None that holds a credential.
   */
  readonly pass?: readonly string[] | undefined
  /** Programs and assets that must travel with the code package. */
  readonly files?: readonly URL[] | undefined
  readonly doctor?: readonly Requirement[] | undefined
  readonly templates?: readonly Template[] | undefined
  /** Taps the gang's hooks. Runs once in every agent and in the orchestrator; what it returns is its API for users. */
  setup(gang: Gang<U[number], StandardSchemaV1.InferOutput<S>>, options: O): A
}

declare const phantom: unique symbol

/** An extension, as {@link gangDecorator} makes it: a value that a decorator carries into the step. */
export interface Extension<O = unknown, A = unknown, F = unknown> {
  readonly extension: ExtensionSpec<string, O, A, readonly AnyExtension[], StandardSchemaV1>
  readonly [phantom]?: { readonly api: A; readonly facts: F }
}

// Options and API are contravariant somewhere: only `never` and `unknown` fit every extension.
/** Any extension that {@link gangDecorator} made. */
export type AnyExtension = {
  // oxlint-disable-next-line typescript/no-explicit-any -- a bound for any extension, never a value's type
  readonly extension: ExtensionSpec<string, any, unknown, readonly AnyExtension[], StandardSchemaV1>
}

/** What an extension's `setup` returned; {@link Gang} gives it to those that use it. */
export type ApiOf<E> = E extends { readonly [phantom]?: { readonly api: infer A } | undefined } ? A : never

/**
 * What `setup` gets: the hooks of this gang, and the API of extensions it uses.
 *
 * @example
 * const names = gangDecorator({ name: 'names', core: '^0.1.0', setup: () => ({ of: (node: number) => `n${node}` }) })
 * const greet = gangDecorator({
 *   name: 'greet',
 *   core: '^0.1.0',
 *   uses: [names],
 *   setup(gang) {
 *     const { of } = gang.use(names)
 *     gang.hooks.onNode.tap('greet', ctx => ctx.log(`hello, ${of(ctx.me.index)}`))
 *   },
 * })
 */
export interface Gang<U, F> {
  readonly hooks: GangHooks<F>
  use<E extends U>(extension: E): ApiOf<E>
}
