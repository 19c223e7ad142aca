import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { readFolderTable } from './architecture-table.ts'

/**
 * Holds the direction of imports: inside core, ARCHITECTURE.md's table of folders; between packages, only what a
 * package exports. The table is read from the page itself, so that page and check cannot differ.
 */
const root = resolve(process.argv[2] ?? join(import.meta.dirname, '..'))
const packages = join(root, 'packages')
const coreSource = join(packages, 'core', 'src')
const table = readFolderTable(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'))
const coreExports = exportedSpecifiers(join(packages, 'core', 'package.json'))
const problems: string[] = []

for (const entry of readdirSync(packages, { withFileTypes: true })) {
  if (!entry.isDirectory()) continue
  const source = join(packages, entry.name, 'src')
  for (const file of sourceFiles(source)) {
    for (const { specifier, line } of importsOf(file)) {
      const problem = entry.name === 'core' ? inCore(file, specifier) : inExtension(source, file, specifier)
      if (problem !== undefined) problems.push(`${relative(root, file)}:${line}: '${specifier}': ${problem}`)
    }
  }
}

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

function inCore(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('@flow/')) return 'core knows no other package of Flow, nor itself by name'
  if (!specifier.startsWith('.')) return
  const target = resolve(dirname(file), specifier)
  if (!target.startsWith(coreSource + sep)) {
    return relative(coreSource, target) === '../package.json' ? undefined : 'leaves packages/core/src'
  }
  const from = folderOf(file)
  const to = folderOf(target)
  // Files directly in src are the package's entries: they may see everything, and nothing sees them.
  if (from === undefined || from === to) return
  if (to === undefined) return 'a folder does not import an entry of the package'
  const allowed = table.get(from)
  if (allowed === undefined) return `the folder ${from}/ is missing in the table of ARCHITECTURE.md`
  return allowed.has(to) ? undefined : `${from}/ may not import ${to}/ (ARCHITECTURE.md)`
}

function inExtension(source: string, file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) {
    const target = resolve(dirname(file), specifier)
    return target.startsWith(source + sep) ? undefined : 'leaves the src folder of its package'
  }
  if (!specifier.startsWith('@flow/core') || coreExports.has(specifier)) return
  return 'not a public export of @flow/core'
}

function folderOf(file: string): string | undefined {
  const parts = relative(coreSource, file).split(sep)
  return parts.length > 1 ? parts[0] : undefined
}

function importsOf(file: string): { specifier: string; line: number }[] {
  const text = readFileSync(file, 'utf8')
  const found: { specifier: string; line: number }[] = []
  const add = (source: { type: string; value?: unknown; start: number } | null) => {
    if (typeof source?.value !== 'string') return
    found.push({ specifier: source.value, line: text.slice(0, source.start).split('\n').length })
  }
  new Visitor({
    ImportDeclaration: node => add(node.source),
    ExportNamedDeclaration: node => add(node.source),
    ExportAllDeclaration: node => add(node.source),
    ImportExpression: node => add(node.source),
    TSImportType: node => add(node.source),
  }).visit(parseSync(file, text).program)
  return found
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.[cm]?[jt]s$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
}

function exportedSpecifiers(manifestPath: string): Set<string> {
  const manifest: { name: string; exports: Record<string, unknown> } = JSON.parse(readFileSync(manifestPath, 'utf8'))
  return new Set(Object.keys(manifest.exports).map(key => manifest.name + key.slice(1)))
}
