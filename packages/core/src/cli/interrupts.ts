const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Ctrl-C, as people expect it: the first asks for an orderly end, the second ends at once. SIGTERM and SIGHUP count the
 * same. Disposing takes the handlers away.
 */
export function watchInterrupts(onFirst: (signal: NodeJS.Signals) => void, onSecond: () => void): Disposable {
  let seen = 0
  const handler = (signal: NodeJS.Signals): void => {
    seen++
    if (seen === 1) onFirst(signal)
    else onSecond()
  }
  for (const signal of signals) process.on(signal, handler)
  return {
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, handler)
    },
  }
}
