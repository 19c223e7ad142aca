import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { expectOk, Project } from './harness/index.js'

const spy = pathToFileURL(join(import.meta.dirname, 'programs/spy-on-keys.mjs')).href

test("the attempt's secret and the nodes' keys are on the orchestrator link only", async () => {
  const project = new Project()
  const outside = new Project('outside')
  const notes = outside.write('keys', '')
  const go = join(outside.dir, 'go')
  const run = project.startRun('gang-waits.ts', ['--go', go], {
    env: { NODE_OPTIONS: `--import ${spy}`, FLOW_TEST_SPY: notes },
  })
  await run.event(event => event.type === 'gang.ready')
  await run.line('waiting')
  const secrets = [...new Set(readFileSync(notes, 'utf8').trim().split('\n'))]
  // The attempt's secret and a key for each node.
  expect(secrets.length).toBeGreaterThanOrEqual(3)
  expect(secrets.every(secret => secret.length >= 32)).toBe(true)
  const needles = secrets.flatMap(hex => {
    const bytes = Buffer.from(hex, 'hex')
    return [bytes, Buffer.from(hex), Buffer.from(bytes.toString('base64')), Buffer.from(bytes.toString('base64url'))]
  })
  const found = (): string[] => {
    const places = [
      ...project.processes().flatMap(pid => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]),
      ...filesUnder(project.dir),
      ...attemptFolders().flatMap(filesUnder),
    ]
    return places.filter(place => {
      const content = read(place)
      return needles.some(needle => content.includes(needle))
    })
  }
  expect(project.processes().length).toBeGreaterThan(4)
  expect(found()).toEqual([])
  // The search would find one: in each way in which it could be written.
  for (const needle of needles.slice(0, 4)) {
    const planted = project.write('planted', Buffer.concat([Buffer.from('x'), needle]))
    expect(found()).toEqual([planted])
    writeFileSync(planted, '')
  }
  writeFileSync(go, '')
  const end = await run.ended
  expectOk(end)
  expect(found()).toEqual([])
  for (const needle of needles) expect(Buffer.from(end.output).includes(needle)).toBe(false)
})

/** Directories of attempts that are there now, other runs' among them: those have other keys. */
function attemptFolders(): string[] {
  return readdirSync('/tmp')
    .filter(name => /^flow-[A-Za-z0-9]{6}$/.test(name))
    .map(name => join('/tmp', name))
}

function filesUnder(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && !entry.parentPath.includes('node_modules'))
      .map(entry => join(entry.parentPath, entry.name))
  } catch {
    // Another run's, gone in between or not ours to read.
    return []
  }
}

function read(place: string): Buffer {
  try {
    if (!place.startsWith('/proc/') && statSync(place).size > 50_000_000) return Buffer.alloc(0)
    return readFileSync(place)
  } catch {
    return Buffer.alloc(0)
  }
}
