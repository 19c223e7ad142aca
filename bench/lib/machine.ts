import { cpus, availableParallelism, release, totalmem, type } from 'node:os'
import { readFileSync } from 'node:fs'

/** What the numbers were measured on, as lines `name: value`. */
export function machineFacts(): readonly (readonly [name: string, value: string])[] {
  return [
    ['date', new Date().toISOString().slice(0, 10)],
    ['processor', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores`],
    ['memory', `${Math.round(totalmem() / 2 ** 30)} GiB`],
    ['system', `${distribution()}, ${type()} ${release()}`],
    ['Node.js', process.version],
  ]
}

function distribution(): string {
  try {
    return (
      /^PRETTY_NAME="?(?<name>[^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.groups?.['name'] ?? 'unknown'
    )
  } catch {
    return 'unknown'
  }
}
