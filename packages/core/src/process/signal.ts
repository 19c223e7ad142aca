/** Sends a signal to a process; a negative id is its group's. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended before the signal came, which is what its sender wants.
  }
}
