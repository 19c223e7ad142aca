import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new directory that goes away with the test; `name` is a folder inside of it. */
export function tempHome(name = 'home'): string {
  const dir = mkdtempSync(join(tmpdir(), 'flow-store-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return join(dir, name)
}
