import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Packs every package as npm would publish it, and lets publint and attw look at the tarballs. */
const root = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'flow-pack-'))
try {
  for (const entry of readdirSync(join(root, 'packages'), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    const source = join(root, 'packages', entry.name)
    const packed: [{ filename: string }] = JSON.parse(
      execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
        cwd: source,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    )
    const tarball = join(folder, packed[0].filename)
    check('publint', 'run', tarball, '--strict')
    check('attw', tarball, '--profile', 'esm-only', '--format', 'ascii')
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function check(command: string, ...args: string[]): void {
  try {
    execFileSync(join(root, 'node_modules', '.bin', command), args, { stdio: ['ignore', 'inherit', 'inherit'] })
  } catch {
    process.exitCode = 1
  }
}
