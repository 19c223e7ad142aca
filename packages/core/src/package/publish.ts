import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Hex digits of a content hash in names: 128 bits, short enough for paths. */
const HASH_LENGTH = 32

export function hashOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part
    // Lengths between the parts: ('a', 'bc') must not equal ('ab', 'c').
    hash.update(`${bytes.length}:`).update(bytes)
  }
  return hash.digest('hex').slice(0, HASH_LENGTH)
}

/**
 * Makes a directory whole or not at all: `fill` writes into a private one beside it, which is then renamed. Whoever
 * comes second (another run at the same time) drops its own: names are content hashes, so both are equal.
 */
export function publishDir(dir: string, fill: (tempDir: string) => void): void {
  if (existsSync(dir)) return
  const temp = temporaryName(dir)
  mkdirSync(temp, { recursive: true })
  try {
    fill(temp)
    renameSync(temp, dir)
  } catch (error) {
    rmSync(temp, { recursive: true, force: true })
    if (!existsSync(dir)) throw error
  }
}

export function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true })
  const temp = temporaryName(path)
  writeFileSync(temp, JSON.stringify(value))
  renameSync(temp, path)
}

/** Undefined when there is none or it cannot be read: what it describes is then made anew. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function temporaryName(path: string): string {
  return join(dirname(path), `.new-${process.pid}-${randomBytes(4).toString('hex')}`)
}
