import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { expectCoded, expectNothingLeft, expectOk, Project } from './harness/index.js'

/** A backend as a stranger writes it, in plain JavaScript: nodes on this machine, reached by nothing but their streams. */
const backend = `
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { defineBackend } from '@flow/core'
import { z } from 'zod'

export default defineBackend({
  name: 'near',
  options: z.object({
    node: z.string().default(process.execPath),
    give: z.coerce.number().default(Infinity),
    says: z.string().default(''),
    wrong: z.string().optional(),
  }),
  async start(request, options) {
    if (options.wrong !== undefined) throw new Error(options.wrong)
    const nodes = Array.from({ length: Math.min(request.size, options.give) }, (_, index) => {
      const command = request.command({ node: options.node })
      const child = spawn('sh', ['-c', 'printf %s "$0"; exec "$@"', options.says, ...command], { stdio: 'pipe' })
      const { stdin: input, stdout: output, stderr } = child
      const exited = once(child, 'close').then(([exitCode, signal]) => ({ exitCode, signal }))
      return { address: '127.0.0.1', host: 'here', input, output, stderr, exited, kill: () => child.kill('SIGKILL') }
    })
    return { nodes, cacheDir: import.meta.dirname + '/cache', [Symbol.asyncDispose]: async () => undefined }
  },
})
`

test('nodes get everything by their streams, and the code once on a host', async () => {
  const project = new Project()
  project.write('near.js', backend)
  const end = await project.run('gang.ts', ['--with', './near.js:says=Welcome to this host'])
  expectOk(end)
  expect(end.lines('end')).toEqual([
    ...[0, 1, 2, 3].map(node => `${node}: 1000 1001 1002 1003, file of node ${node}`),
    'from start',
  ])
  expect(readdirSync(join(project.dir, 'cache')).toSorted()).toEqual(['deps', 'files', 'packages', 'scripts'])
  expect(readdirSync(join(project.dir, 'cache/deps'))).toHaveLength(1)
  expectNothingLeft(project, end)
})

test('a backend that cannot give its nodes, or hosts that cannot start them: coded errors', async () => {
  const project = new Project()
  project.write('near.js', backend)
  const run = (options: string): ReturnType<Project['run']> =>
    project.run('gang.ts', ['--with', `./near.js:${options}`])
  const thrown = await run('wrong=no machine is free')
  expectCoded(thrown, /FLOW_BACKEND_FAILED(.|\n)*no machine is free/)
  expect(thrown.events.at(-1)).toMatchObject({ type: 'run.ended', outcome: 'system-error' })
  expectCoded(await run('give=3'), /FLOW_BACKEND_FAILED(.|\n)*it gave 3 of 4 nodes/)
  const none = await run('node=/nowhere/node')
  expectCoded(none, /FLOW_HOST_START_FAILED(.|\n)*it has no Node\.js(.|\n)*nowhere/)
  expectCoded(await run('node=/bin/cat'), /FLOW_HOST_START_FAILED/)
  expectNothingLeft(project, none)
})

test('what --with names is found from the flow, checked, and in the plan', async () => {
  const project = new Project()
  project.write('near.js', backend)
  project.write('nothing.js', 'export default { name: "nothing" }')
  project.write('broken.js', 'throw new Error("it is broken")')
  project.use('gang.ts')
  const plan = (text: string): ReturnType<Project['flow']> =>
    project.flow(['run', 'gang.ts', '--dry-run', '--with', text])
  const near = await plan('./near.js')
  expectOk(near)
  expect(near.stdout).toMatch(/backend: near\n(.|\n)*barrierMs: 600000/)
  expect((await plan('local')).stdout).toMatch(/backend: local\n(.|\n)*barrierMs: 60000\n/)
  expectCoded(await plan('no-such'), /FLOW_WITH_INVALID(.|\n)*there is no @flow\/no-such/)
  expectCoded(await plan('./no-such.js'), /FLOW_WITH_INVALID(.|\n)*there is no \.\/no-such\.js/)
  expectCoded(await plan('mpi'), /FLOW_BACKEND_INVALID(.|\n)*@flow\/mpi is no backend/)
  expectCoded(await plan('./nothing.js'), /FLOW_BACKEND_INVALID(.|\n)*is no backend/)
  expectCoded(await plan('./broken.js'), /FLOW_BACKEND_INVALID(.|\n)*it is broken/)
  expectCoded(await plan('./near.js:node=1,give=many'), /FLOW_BACKEND_OPTIONS(.|\n)*give: /)
  expectCoded(await plan('local:a=b'), /FLOW_BACKEND_OPTIONS(.|\n)*no option 'a'/)
})
