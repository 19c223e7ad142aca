import { expect, test } from 'vitest'
import { watchInterrupts } from '../../src/cli/interrupts.js'

/** What is told of these signals, in their order. */
function told(...signals: readonly NodeJS.Signals[]): readonly string[] {
  const calls: string[] = []
  using _ = watchInterrupts(
    signal => calls.push(signal),
    () => calls.push('second'),
  )
  // As Node does when one comes; no process could be sent two at once for sure.
  for (const signal of signals) process.emit(signal, signal)
  return calls
}

test('the second signal ends at once, a second word of a closed terminal does not', () => {
  expect(told('SIGINT', 'SIGTERM')).toEqual(['SIGINT', 'second'])
  expect(told('SIGHUP', 'SIGHUP')).toEqual(['SIGHUP'])
  expect(told('SIGINT', 'SIGHUP', 'SIGINT')).toEqual(['SIGINT', 'second'])
  expect(told('SIGHUP', 'SIGINT')).toEqual(['SIGHUP', 'second'])
})
