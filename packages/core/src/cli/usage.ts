import { FlowError } from '../errors/index.js'

/** A command line that cannot be understood: exit code 2. */
export function usageError(message: string, options: { why?: string; fix?: string } = {}): FlowError {
  return new FlowError('FLOW_CLI_USAGE', { message, ...options })
}

/** Commander's complaint (`error: …` and perhaps `(Did you mean …?)`) as a coded error. */
export function fromCommander(text: string, commandName: string | undefined): FlowError {
  const [first = '', ...rest] = text.trim().split('\n')
  const suggestion = rest
    .join(' ')
    .trim()
    .replace(/^\((.*)\)$/, '$1')
  const help = `see: flow ${commandName === undefined ? '' : `${commandName} `}--help`
  return usageError(first.replace(/^error: /, ''), { fix: suggestion === '' ? help : `${suggestion} Or ${help}` })
}

const usageCodes: ReadonlySet<string> = new Set([
  'FLOW_BUNDLE_NOT_FOUND',
  'FLOW_CLI_EXISTS',
  'FLOW_CLI_TEMPLATE',
  'FLOW_CLI_USAGE',
  'FLOW_FILE_NOT_FOUND',
  'FLOW_PARAMETER_INVALID',
  'FLOW_PARAMETER_MISSING',
  'FLOW_PARAMETER_UNKNOWN',
  'FLOW_PATH_INVALID',
  'FLOW_PATH_NOT_FOUND',
])

/** True for errors that the command line brought about: they end with exit code 2, all others with 1. */
export function isUsage(error: FlowError): boolean {
  return usageCodes.has(error.code)
}

/** For options that take a count: an integer from `min` on. */
export function integerFrom(min: number, option: string): (text: string) => number {
  return text => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isInteger(value) && value >= min) return value
    throw usageError(`${option} must be an integer, ${min} or more; it is '${text}'`)
  }
}

/** For options that can be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
