const LINES_AROUND = 2
const MAX_WIDTH = 160

/**
 * Lines of a source around a position, with a mark under it. No colours.
 *
 * @param line From 1.
 * @param column From 1, in UTF-16 units.
 * @param length How many characters to mark; cut at the end of the line.
 */
export function codeFrame(source: string, line: number, column: number, length = 1): string {
  const lines = source.split(/\r\n|\n|\r/)
  const first = Math.max(1, line - LINES_AROUND)
  const last = Math.min(lines.length, line + LINES_AROUND)
  const digits = String(last).length
  const frame: string[] = []
  for (let number = first; number <= last; number++) {
    const text = lines[number - 1] ?? ''
    const isMarked = number === line
    frame.push(`${isMarked ? '>' : ' '} ${String(number).padStart(digits)} | ${text.slice(0, MAX_WIDTH)}`.trimEnd())
    if (!isMarked || column > MAX_WIDTH) continue
    // Tabs stay tabs, so that the mark stands right whatever their width.
    const before = text.slice(0, column - 1).replaceAll(/[^\t]/g, ' ')
    const width = Math.max(1, Math.min(length, text.length - column + 1, MAX_WIDTH - column + 1))
    frame.push(`  ${' '.repeat(digits)} | ${before}${'^'.repeat(width)}`)
  }
  return frame.join('\n')
}
