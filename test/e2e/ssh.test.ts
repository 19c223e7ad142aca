import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { expectNothingLeft, expectOk, type Finished, Project } from './harness/index.js'

const flow = readFileSync(join(import.meta.dirname, 'flows/ssh.ts'), 'utf8')

/** What the last step printed. */
function seenBy(end: Finished): Record<string, unknown> {
  return JSON.parse(end.lines('end').at(-1) ?? '{}') as Record<string, unknown>
}

describe.each(['openssh', 'builtin'])('SSH between nodes, by the %s server', server => {
  test('commands, input and output, files, 200 connections at once, and who is refused', async () => {
    const project = new Project()
    project.write('flow.ts', flow.replace('SERVER', server))
    project.write('sub/file', 'x')
    const end = await project.flow(['run', 'flow.ts', '--json'])
    expectOk(end)
    expect(seenBy(end)).toEqual({
      servers: [`node0 ${server}`, `node1 ${server}`, `node2 ${server}`],
      words: ["a b|it's|$HOME|", 0, ['printf', '%s|', 'a b', "it's", '$HOME']],
      failed: [7, null, 'out\n', 'err\n'],
      killed: [null, 'SIGKILL', ''],
      where: 'me you .2\n/2/work/sub\n',
      lines: ['1 one', '1 two'],
      slow: [true, ''],
      plain: { code: 3, out: expect.stringMatching(/^\/tmp\/flow-\w+\/2$/), err: '' },
      shell: 'from a shell\n',
      big: true,
      many: [true, null],
      copied: true,
      sftp: 0,
      got: true,
      tree: 'tree\ntree/file',
      tty: expect.stringContaining('PTY allocation request failed'),
      forward: 255,
      wrongKey: expect.stringContaining('Permission denied (publickey)'),
      rightKey: 0,
      wrongUser: expect.stringContaining('Permission denied (publickey)'),
      wrongHost: expect.stringContaining('Host key verification failed'),
      unknown: 255,
      worker: expect.stringContaining('Permission denied (publickey)'),
    })
    expectNothingLeft(project, end)
  })
})
