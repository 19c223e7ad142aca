const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Ctrl-C, as people expect it: the first asks for an orderly end, the second ends at once. SIGTERM counts the same; so
 * does SIGHUP, but as a first only: of a closed terminal both the kernel and the shell tell. Disposing takes the handlers
 * away.
 */
export function watchInterrupts(onFirst: (signal: NodeJS.Signals) => void, onSecond: () => void): Disposable {
  let seen = 0
  const handler = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGHUP' && seen > 0) return
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
