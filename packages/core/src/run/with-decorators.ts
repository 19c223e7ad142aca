import { type Backend, localBackend } from '../backends/index.js'
import { FlowError } from '../errors/index.js'
import { canBeCaught } from '../flow/graph/check-decorations.js'
import {
  catchFailure,
  environment,
  pypi,
  resources,
  retry,
  type GraphStep,
  type StepDecoration,
  timeout,
} from '../flow/index.js'
import { findBackend } from './find-backend.js'

/** Decorators of core that `--with` can add, with the kind of each option. */
const builtIn: Readonly<
  Record<
    string,
    { readonly check: (options: never) => unknown; read(options: Readonly<Record<string, string>>): unknown }
  >
> = {
  resources: { check: resources, read: numbers },
  retry: {
    check: retry,
    // Several outcomes are joined by '+': a comma separates options.
    read: ({ on, ...rest }) => ({ ...numbers(rest), ...(on === undefined ? {} : { on: on.split('+') }) }),
  },
  timeout: { check: timeout, read: numbers },
  catchFailure: { check: catchFailure, read: options => options },
  environment: { check: environment, read: vars => ({ vars }) },
  pypi: { check: pypi, read: packages => ({ packages }) },
}

function numbers(options: Readonly<Record<string, string>>): Record<string, number> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, Number(value)]))
}

/** What `--with` adds to a flow. */
export interface Added {
  readonly decorations: readonly StepDecoration[]
  readonly backend: Backend
}

/**
 * Reads what `--with` was given: `NAME` or `NAME:key=value,key=value`. A decorator stands on every step that does not
 * have it already; a backend gives the nodes of all gangs.
 *
 * @throws `FLOW_WITH_INVALID`, `FLOW_BACKEND_INVALID`, `FLOW_BACKEND_OPTIONS`, and what a decorator itself throws for its
 * options.
 */
export async function readWith(texts: readonly string[], flowFile: string): Promise<Added> {
  const decorations: StepDecoration[] = []
  let backend: Backend | undefined
  for (const text of texts) {
    const [name = '', ...rest] = text.split(':')
    const pairs = readPairs(text, rest.join(':'))
    const known = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined
    if (known !== undefined) {
      const options = known.read(pairs)
      // Called for its checks only: it throws for options that cannot be.
      known.check(options as never)
      decorations.push({ name, options })
      continue
    }
    const found = await findBackend(name, pairs, { flowFile, decorators: Object.keys(builtIn) })
    if (backend !== undefined) {
      throw new FlowError('FLOW_WITH_INVALID', {
        message: `--with ${text}: there is a backend already, ${backend.name}`,
        fix: 'Name one backend.',
      })
    }
    backend = found
  }
  return { decorations, backend: backend ?? localBackend }
}

/** A step's own decorations, and those of `--with` that it does not have and that fit it. */
export function addWith(
  own: readonly StepDecoration[],
  added: readonly StepDecoration[],
  step: GraphStep | undefined,
): readonly StepDecoration[] {
  const fits = (name: string): boolean => name !== 'catchFailure' || step === undefined || canBeCaught(step)
  return [...own, ...added.filter(({ name }) => fits(name) && !own.some(one => one.name === name))]
}

function readPairs(text: string, pairs: string): Record<string, string> {
  if (pairs === '') return {}
  return Object.fromEntries(
    pairs.split(',').map(pair => {
      const at = pair.indexOf('=')
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)] as const
      throw new FlowError('FLOW_WITH_INVALID', {
        message: `--with ${text}: '${pair}' is no key=value`,
        fix: 'Write --with NAME:key=value,key=value.',
      })
    }),
  )
}
