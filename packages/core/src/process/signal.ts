/** Sends a signal to a process; a negative id is its group's. Never to our own group (0), or to all (-1). */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  if (pid === 0 || pid === -1) throw new RangeError(`a signal to ${pid} is for no single process or group`)
  try {
    process.kill(pid, signal)
  } catch {
    // It ended before the signal came, which is what its sender wants.
  }
}
