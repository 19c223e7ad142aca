import { expect, test } from 'vitest'
import { expectOk, Project } from './harness/index.js'

test('100,000 lines: none is lost, of a body, of a gang, of a child', async () => {
  const project = new Project()
  const end = await project.run('output.ts')
  expectOk(end)
  const wanted = (count: number): string => Array.from({ length: count }, (_, line) => `line ${line}\n`).join('')
  const logs = async (path: string, ...flags: string[]): Promise<string> =>
    (await project.flow(['logs', path, ...flags])).stdout
  expect((await logs('Output/1/start/1')) === wanted(100_000)).toBe(true)
  for (const node of [0, 1]) {
    const lines = (await logs(`Output/1/gang/2@${node}`)).replaceAll(`[1/gang/2@${node}] `, '')
    expect(lines.replace('the last words\n', '') === wanted(50_000)).toBe(true)
    expect(await logs('Output/1/gang/2', '--node', String(node), '--stderr')).toBe(
      `[1/gang/2@${node}] the last words\n`,
    )
  }
  expect((await logs('Output/1/end/4')) === `${'of a child\n'.repeat(100_000)}after the child\n`).toBe(true)
})

test('characters split over chunks, bytes that are no text, a last line without an end', async () => {
  const project = new Project()
  const end = await project.run('bytes.ts')
  expectOk(end)
  expect(end.lines('start')).toEqual(['Grüße, 世界 𝄞', 'no line end ü'])
  const logs = async (path: string): Promise<string> => (await project.flow(['logs', path])).stdout
  expect(await logs('Bytes/1/start/1')).toBe('Grüße, 世界 𝄞\nno line end ü')
  const { stdout } = await project.flow(['logs', 'Bytes/1/end/2'], {
    through: ['sh', '-c', '"$@" | od -An -tu1', 'sh'],
  })
  expect(stdout.trim().split(/\s+/).map(Number)).toEqual([0, 255, 254, 10, 13, 10, 128, 0])
})

test('what is printed by process.exit(3) and before an exception is in the log', async () => {
  const project = new Project()
  await project.run('exits.ts', ['--how', 'exit'])
  const { stdout } = await project.flow(['logs', 'Exits/1/start/1'])
  expect(stdout.match(/^line /gm)).toHaveLength(20_000)
})

test('a reader that goes away does not disturb a run', async () => {
  const project = new Project()
  project.use('output.ts')
  const end = await project.flow(['run', 'output.ts'], { through: ['sh', '-c', '"$@" | head -n 3', 'sh'] })
  expect(end.stdout.split('\n')).toHaveLength(4)
  expect((await project.flow(['list'])).stdout).toMatch(/Output\/1 +ok/)
})
