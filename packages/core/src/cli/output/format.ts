/** `12 ms`, `1.23 s`, `2 min 3 s`, `1 h 2 min` for a duration in milliseconds. */
export function formatDuration(ms: number): string {
  if (ms < 100) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** `1 node`, `4 nodes`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

/** Bytes with a binary unit, `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = -1
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`
}

const two = (n: number): string => String(n).padStart(2, '0')

// Formatting a date costs more than all the rest of a line, and most lines share their second with the one before.
let lastSecond = Number.NaN
let lastText = ''

/** Local time as `2026-01-31 09:05:07.042` for milliseconds since the epoch. */
export function formatTime(at: number): string {
  const second = Math.floor(at / 1000)
  if (second !== lastSecond) {
    const date = new Date(second * 1000)
    const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
    lastText = `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
    lastSecond = second
  }
  return `${lastText}.${String(Math.floor(at - second * 1000)).padStart(3, '0')}`
}

/** The path of a task without its flow's name, as log lines show it: `Flow/3/step/7` is `3/step/7`. */
export function shortPath(path: string): string {
  return path.slice(path.indexOf('/') + 1)
}

/** `[run/step/task@node rank]`, with no node and no rank where there are none. */
export function formatPlace(path: string, node?: number, rank?: number): string {
  return `[${shortPath(path)}${node === undefined ? '' : `@${node}`}${rank === undefined ? '' : ` ${rank}`}]`
}

/** Rows as columns, two spaces apart; the last column is not padded. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return rows.map(row => `${line(row)}\n`).join('')
}
