/**
 * Reads the table "folder | what it is | may import" of ARCHITECTURE.md: which folders each folder may import.
 * `all above` stands for every folder of an earlier row.
 */
export function readFolderTable(page: string): ReadonlyMap<string, ReadonlySet<string>> {
  const table = new Map<string, ReadonlySet<string>>()
  for (const line of page.split('\n')) {
    const row = /^\| `(?<folder>[\w-]+)\/` +\|.*\| (?<allowed>[^|]+) \|$/.exec(line)?.groups
    if (row?.['folder'] === undefined || row['allowed'] === undefined) continue
    const names = row['allowed'].trim() === 'all above' ? [...table.keys()] : (row['allowed'].match(/[\w-]+/g) ?? [])
    for (const name of names) {
      if (!table.has(name))
        throw new Error(`ARCHITECTURE.md: ${row['folder']}/ may import ${name}, which is not above it`)
    }
    table.set(row['folder'], new Set(names))
  }
  if (table.size === 0) throw new Error('ARCHITECTURE.md has no table of folders')
  return table
}
