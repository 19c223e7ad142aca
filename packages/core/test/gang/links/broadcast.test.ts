import { createHash, randomBytes } from 'node:crypto'
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LinkedNodes } from './nodes.js'

const coded = (code: string, message = ''): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(message) })
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const workers = [1, 2, 3]

describe('broadcast', () => {
  it('brings a file to the same place on every node, with its mode', async () => {
    await using gang = await LinkedNodes.start(4)
    const content = randomBytes(5 * 1024 * 1024 + 17)
    const { root, broadcasts } = gang.node(0)
    await mkdir(join(root, 'bin'))
    await writeFile(join(root, 'bin/a.out'), content, { mode: 0o755 })
    await broadcasts.send('bin/a.out', workers, gang.calls())
    for (const index of workers) {
      const place = join(gang.node(index).root, 'bin/a.out')
      expect(sha256(await readFile(place))).toBe(sha256(content))
      expect((await stat(place)).mode & 0o7777).toBe(0o755)
      expect(await readdir(join(gang.node(index).root, 'bin'))).toEqual(['a.out'])
    }
    // Again, over what is there; and nothing at all.
    await writeFile(join(root, 'bin/a.out'), 'new')
    await broadcasts.send(join(root, 'bin/a.out'), workers, gang.calls())
    await writeFile(join(root, 'empty'), '')
    await broadcasts.send('empty', workers, gang.calls())
    expect(await readFile(join(gang.node(3).root, 'bin/a.out'), 'utf8')).toBe('new')
    expect(await readFile(join(gang.node(3).root, 'empty'), 'utf8')).toBe('')
  })

  it('brings a directory: many files, empty ones, links, odd names, modes', async () => {
    await using gang = await LinkedNodes.start(4)
    const { root, broadcasts } = gang.node(0)
    const dir = join(root, 'a dir: ü')
    await mkdir(join(dir, 'x/y'), { recursive: true })
    await mkdir(join(dir, 'empty'))
    for (let i = 0; i < 50; i++) await writeFile(join(dir, 'x', `file ${i}`), randomBytes(i * 1000))
    await writeFile(join(dir, 'x/y/big'), randomBytes(3_000_000))
    await symlink('x/y/big', join(dir, 'link'))
    await symlink('/nowhere', join(dir, 'dangling'))
    await chmod(join(dir, 'x'), 0o555)
    await mkdir(join(gang.node(2).root, 'a dir: ü'))
    await writeFile(join(gang.node(2).root, 'a dir: ü/old'), 'old')
    await broadcasts.send('a dir: ü', workers, gang.calls())
    const expected = await tree(dir)
    for (const index of workers) {
      expect(await tree(join(gang.node(index).root, 'a dir: ü'))).toEqual(expected)
      await chmod(join(gang.node(index).root, 'a dir: ü/x'), 0o755)
    }
    await chmod(join(dir, 'x'), 0o755)
  })

  it('goes on when a node in the middle dies, and names that node', async () => {
    await using gang = await LinkedNodes.start(4)
    const content = randomBytes(64 * 1024 * 1024)
    await writeFile(join(gang.node(0).root, 'big'), content)
    const calls = gang.calls()
    const dying = new AbortController()
    const sending = gang.node(0).broadcasts.send('big', workers, {
      ...calls,
      receive: (index, params) => {
        if (index !== 2) return calls.receive(index, params)
        const taking = gang.node(2).broadcasts.receive(params, dying.signal)
        void dieHalfway(gang.node(2).root, params.id)
        return taking
      },
    })
    /** Node 2 goes away when some of it has arrived there, while node 3 takes from it. */
    async function dieHalfway(root: string, id: string): Promise<void> {
      const part = join(root, `.big.${id}.part`)
      while ((await stat(part).catch(() => ({ size: 0 }))).size < 4 * 1024 * 1024)
        await new Promise(resolve => setImmediate(resolve))
      dying.abort(new Error('node 2 died'))
      await gang.node(2).links[Symbol.asyncDispose]()
    }
    const error = await sending.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toEqual(coded('FLOW_GANG_BROADCAST_FAILED', 'node 2'))
    expect((error as { details: unknown }).details).toEqual({ path: 'big', nodes: [2] })
    for (const index of [1, 3]) expect(sha256(await readFile(join(gang.node(index).root, 'big')))).toBe(sha256(content))
    expect(await readdir(gang.node(2).root)).toEqual([])
  })

  it('leaves a source that is silent', async () => {
    await using gang = await LinkedNodes.start(3, { stallMs: 500 })
    await writeFile(join(gang.node(0).root, 'f'), 'content')
    const calls = gang.calls()
    // Node 1 never hears of the broadcast: it cannot serve node 2.
    await expect(
      gang.node(0).broadcasts.send('f', [1, 2], {
        ...calls,
        receive: (index, params) => (index === 1 ? Promise.reject(new Error('gone')) : calls.receive(index, params)),
      }),
    ).rejects.toEqual(coded('FLOW_GANG_BROADCAST_FAILED', 'node 1: gone'))
    expect(await readFile(join(gang.node(2).root, 'f'), 'utf8')).toBe('content')
  })

  it('refuses what is outside, what is not there, and what a disk refuses', async () => {
    await using gang = await LinkedNodes.start(3)
    const { broadcasts, root } = gang.node(0)
    for (const path of ['..', '../x', '/etc/passwd', '', '.'])
      await expect(broadcasts.send(path, [1, 2], gang.calls())).rejects.toEqual(
        coded('FLOW_GANG_BROADCAST_FAILED', 'not inside'),
      )
    await expect(broadcasts.send('none', [1, 2], gang.calls())).rejects.toEqual(
      coded('FLOW_GANG_BROADCAST_FAILED', 'control has no such file'),
    )
    await mkdir(join(root, 'sub'))
    await writeFile(join(root, 'sub/f'), 'x')
    await writeFile(join(gang.node(1).root, 'sub'), 'a file where a directory must be')
    await expect(broadcasts.send('sub/f', [1, 2], gang.calls())).rejects.toEqual(
      coded('FLOW_GANG_BROADCAST_FAILED', 'node 1'),
    )
    expect(await readFile(join(gang.node(2).root, 'sub/f'), 'utf8')).toBe('x')
  })

  it('never puts into place what is not what control sent', async () => {
    await using gang = await LinkedNodes.start(3)
    await writeFile(join(gang.node(0).root, 'f'), 'content')
    const calls = gang.calls()
    await expect(
      gang.node(0).broadcasts.send('f', [1, 2], {
        ...calls,
        receive: async (index, params) => ({
          ...(await calls.receive(index, params)),
          ...(index === 2 ? { sha256: '0'.repeat(64) } : {}),
        }),
      }),
    ).rejects.toEqual(coded('FLOW_GANG_BROADCAST_FAILED', 'node 2'))
    expect(await readdir(gang.node(1).root)).toEqual(['f'])
    expect(await readdir(gang.node(2).root)).toEqual([])
  })
})

async function tree(root: string): Promise<Record<string, unknown>> {
  const entries = await readdir(root, { recursive: true })
  const described = await Promise.all(
    entries.toSorted().map(async path => {
      const status = await lstat(join(root, path))
      const content = status.isSymbolicLink()
        ? await readlink(join(root, path))
        : status.isFile()
          ? sha256(await readFile(join(root, path)))
          : ''
      return [path, `${status.mode.toString(8)} ${content}`] as const
    }),
  )
  return Object.fromEntries(described)
}
