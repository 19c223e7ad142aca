import { execFileSync, spawnSync } from 'node:child_process'
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
    check('publint', tarball)
    check('attw', tarball)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function check(script: string, tarball: string): void {
  const result = spawnSync('npm', ['run', '--silent', script, '--', tarball], { cwd: root, encoding: 'utf8' })
  if (result.status === 0) return
  console.error(`${script} ${tarball}\n${result.stdout}${result.stderr}${result.error ?? ''}`)
  process.exitCode = 1
}
