import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** Packs every package as npm would publish it, and lets publint and attw look at the tarballs. */
const root = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'flow-pack-'))
const ended = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort(signal))
try {
  for (const entry of readdirSync(join(root, 'packages'), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    // One after another: each takes all that the machine has.
    // oxlint-disable-next-line no-await-in-loop
    await checkPackage(join(root, 'packages', entry.name))
  }
} catch (error) {
  if (!ended.signal.aborted) throw error
  console.error(`ended by ${ended.signal.reason}`)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function checkPackage(source: string): Promise<void> {
  const { stdout } = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], source)
  const [{ filename }]: [{ filename: string }] = JSON.parse(stdout)
  const tarball = join(folder, filename)
  for (const script of ['publint', 'attw']) {
    try {
      // oxlint-disable-next-line no-await-in-loop
      await npm(['run', '--silent', script, '--', tarball], root)
    } catch (error) {
      ended.signal.throwIfAborted()
      const { stdout: out, stderr, message } = error as Error & { readonly stdout?: string; readonly stderr?: string }
      console.error(`${script} ${tarball}\n${out ?? ''}${stderr || message}`)
      process.exitCode = 1
    }
  }
}

function npm(args: readonly string[], cwd: string): Promise<{ readonly stdout: string }> {
  return promisify(execFile)('npm', args, { cwd, signal: ended.signal, maxBuffer: 2 ** 26 })
}
