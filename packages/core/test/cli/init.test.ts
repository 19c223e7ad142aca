import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { flow } from './capture.js'
import { tempDir } from './temp-dir.js'

it('writes a first flow', async () => {
  const cwd = tempDir('flow init ')
  const { code, stdout } = await flow(['init', 'My Flow'], { cwd })
  expect(code).toBe(0)
  expect(stdout).toContain('npx flow run flow.ts')
  const dir = join(cwd, 'My Flow')
  expect(readdirSync(dir).toSorted()).toEqual(['.gitignore', 'flow.ts', 'package.json', 'tsconfig.json'])
  expect(JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))).toMatchObject({ name: 'my-flow', type: 'module' })
})

it('overwrites nothing, and then writes nothing', async () => {
  const cwd = tempDir()
  writeFileSync(join(cwd, 'flow.ts'), 'mine')
  const { code, stderr } = await flow(['init'], { cwd })
  expect(code).toBe(2)
  expect(stderr).toContain('error FLOW_CLI_EXISTS: flow.ts in ')
  expect(readdirSync(cwd)).toEqual(['flow.ts'])
  expect(readFileSync(join(cwd, 'flow.ts'), 'utf8')).toBe('mine')
})

it('a template has to be one of an installed package', async () => {
  const cwd = tempDir()
  const absent = await flow(['init', '--template', 'nowhere'], { cwd })
  expect(absent).toMatchObject({ code: 2, stdout: '' })
  expect(absent.stderr).toContain("error FLOW_CLI_TEMPLATE: The package of the template 'nowhere' is not installed")
  // Installed, and no extension.
  const without = await flow(['init', '--template', 'zod'], { cwd })
  expect(without.stderr).toContain("error FLOW_CLI_TEMPLATE: zod has no template for 'zod'")
  expect(readdirSync(cwd)).toEqual([])
})
