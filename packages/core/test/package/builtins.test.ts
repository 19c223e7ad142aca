import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { builtinsPlugin } from '../../src/package/builtins.js'

/** What an ES module with this text exports as `result`, bundled with the plugin, and its bundled text. */
async function bundled(contents: string): Promise<{ readonly result: unknown; readonly text: string }> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    logLevel: 'silent',
    plugins: [builtinsPlugin],
  })
  const text = outputFiles[0]!.text
  const module = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as { readonly result: unknown }
  return { result: module.result, text }
}

test('named, default and namespace imports, and require, give what Node.js gives', async () => {
  const { result } = await bundled(`
    import { join } from 'node:path'
    import path from 'path'
    import * as util from 'node:util'
    import EventEmitter, { once } from 'node:events'
    import { readFile } from 'node:fs/promises'
    const { join: required } = require('node:path')
    export const result = [
      join === path.join, join === required, util.inspect({ a: 1 }), Object.keys(util).length > 20,
      typeof new EventEmitter().on, EventEmitter.once === once, readFile.name,
    ]`)
  expect(result).toEqual([true, true, '{ a: 1 }', true, 'function', true, 'readFile'])
})

test('only what is used is read, and nothing is imported', async () => {
  const { result, text } = await bundled(`
    import { createHash } from 'node:crypto'
    export const result = createHash('sha256').update('flow').digest('hex').length`)
  expect(result).toBe(64)
  expect(text).not.toMatch(/^import /m)
  expect(text.match(/builtin\.\w+/g)).toEqual(['builtin.createHash'])
})

test('other modules of Node.js are imported as ever', async () => {
  const { text } = await bundled("import { run } from 'node:test'\nexport const result = typeof run")
  expect(text).toMatch(/from "node:test"/)
})

test('a name that Node.js has not is an error when it is bundled', async () => {
  await expect(bundled("import { noSuchThing } from 'node:fs'\nexport const result = noSuchThing")).rejects.toThrow(
    /No matching export .*noSuchThing/,
  )
})
