import type { EndRecord, Verdict } from '../store/index.js'

/** What in the last words of a program tells what to do. The first that fits counts. */
const byWords: readonly (readonly [words: RegExp, hint: (match: RegExpExecArray) => string])[] = [
  [
    /No module named '?(?<module>\w+)/,
    match => {
      const name = match.groups?.['module'] ?? ''
      return `add the package that has the Python module '${name}' to the step: @pypi({ packages: { '${name}': '' } }) where it has the same name.`
    },
  ],
  [
    /Address already in use|EADDRINUSE/i,
    () => 'another process has that port: take a free one with current.gang.lease() instead of a fixed number.',
  ],
  [
    /Connection refused|ECONNREFUSED/i,
    () =>
      'nothing listens where it connected to: check that the server is up before its clients come, and that they use its address in current.gang.roster.',
  ],
]

/**
 * One line of what to do, by how the first end was; undefined where nothing better than the message is known, where
 * the error says itself what to do, and where the end was wanted.
 */
export function hintOf({ outcome, first, error }: Pick<Verdict, 'outcome' | 'first' | 'error'>): string | undefined {
  if (first === undefined || error?.fix !== undefined) return undefined
  if (outcome === 'ok' || outcome === 'cancelled' || outcome === 'timeout') return undefined
  const words = [first.excerpt, error?.message, error?.why].join('\n')
  for (const [pattern, hint] of byWords) {
    const match = pattern.exec(words)
    if (match !== null) return hint(match)
  }
  return hintOfStatus(first)
}

function hintOfStatus({ signal, exitCode }: EndRecord): string | undefined {
  // A SIGKILL of ours is never the first end.
  if (signal === 'SIGKILL')
    return "the SIGKILL was not Flow's. Out of memory? dmesg tells; use fewer ranks a node, or less data in each."
  if (signal === 'SIGSEGV')
    return "native code crashed. In Python, @environment({ vars: { PYTHONFAULTHANDLER: '1' } }) shows where; else run it under a debugger."
  if (exitCode === 127)
    return 'a command was not found: check its name, and that @pypi or the PATH of flow run brings it to the step.'
  if (exitCode === 126)
    return "a file cannot be executed: chmod +x it, or name its interpreter, e.g. 'python script.py'."
  return undefined
}
