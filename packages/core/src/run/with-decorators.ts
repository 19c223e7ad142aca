import { createRequire } from 'node:module'
import { FlowError } from '../errors/index.js'
import { environment, pypi, resources, retry, type StepDecoration, timeout } from '../flow/index.js'

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
  environment: { check: environment, read: vars => ({ vars }) },
  pypi: { check: pypi, read: packages => ({ packages }) },
}

function numbers(options: Readonly<Record<string, string>>): Record<string, number> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, Number(value)]))
}

/**
 * Reads what `--with` was given: `NAME` or `NAME:key=value,key=value`. The decorator stands on every step that does not
 * have it already.
 *
 * @throws `FLOW_WITH_INVALID`, and what the decorator itself throws for its options.
 */
export function readWith(texts: readonly string[], flowFile: string): StepDecoration[] {
  return texts.map(text => {
    const [name = '', ...rest] = text.split(':')
    const known = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined
    if (known === undefined) throw unknownDecorator(name, flowFile)
    const options = known.read(readPairs(text, rest.join(':')))
    // Called for its checks only: it throws for options that cannot be.
    known.check(options as never)
    return { name, options }
  })
}

/** A step's own decorations, and those of `--with` that it does not have. */
export function addWith(own: readonly StepDecoration[], added: readonly StepDecoration[]): readonly StepDecoration[] {
  return [...own, ...added.filter(({ name }) => !own.some(one => one.name === name))]
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

function unknownDecorator(name: string, flowFile: string): FlowError {
  const specifier = name.startsWith('@') || name.startsWith('.') ? name : `@flow/${name}`
  const isInstalled = canResolve(specifier, flowFile)
  return new FlowError('FLOW_WITH_INVALID', {
    message: isInstalled ? `--with ${name}: ${specifier} is no backend` : `--with ${name}: there is no ${specifier}`,
    why: isInstalled
      ? 'Only backends, and decorators that fit every step, can be added from outside.'
      : `It was looked for from ${flowFile}.`,
    fix: isInstalled
      ? `Write @${name}() above the steps that it is for.`
      : `Install it (npm install ${specifier}), or use one of: ${Object.keys(builtIn).join(', ')}.`,
  })
}

function canResolve(specifier: string, flowFile: string): boolean {
  try {
    createRequire(flowFile).resolve(`${specifier}/package.json`)
    return true
  } catch {
    return false
  }
}
