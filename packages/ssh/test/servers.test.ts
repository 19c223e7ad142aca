import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ssh2 from 'ssh2'
import type { ClientChannel, ConnectConfig } from 'ssh2'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { MeshNode } from '../src/facts.js'
import { SshFiles } from '../src/files.js'
import { blobOf, type KeyPair, makeKeyPair } from '../src/keys.js'
import { BuiltIn } from '../src/server/builtin.js'
import { Listener } from '../src/server/listener.js'
import { findSshd, OpenSsh } from '../src/server/openssh.js'
import { Sessions } from '../src/session.js'

const { username } = userInfo()
const env = { PATH: process.env['PATH'] ?? '', FLOW_FENCE: 'test.0' }

interface Node {
  readonly port: number
  readonly files: SshFiles
  readonly host: KeyPair
  readonly user: KeyPair
}

/** A node that lets its own user in, without a gang around it. */
async function startNode(kind: 'openssh' | 'builtin', keyType: 'ed25519' | 'rsa' = 'ed25519'): Promise<Node> {
  const dir = mkdtempSync(join(tmpdir(), 'ssh-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const files = new SshFiles(dir)
  const [host, user] = await Promise.all([makeKeyPair(keyType), makeKeyPair(keyType)])
  await files.lay({ host, user }, { ssh: '/usr/bin/ssh' })
  const listener = await Listener.listen('127.0.0.1')
  onTestFinished(async () => {
    await listener[Symbol.asyncDispose]()
  })
  const sessions = new Sessions({ env, workDir: dir, dir }, files)
  const log = (): void => undefined
  if (kind === 'openssh') {
    const sshd = (await findSshd(env)) ?? ''
    listener.use(await OpenSsh.prepare({ sshd, files, sessions, user: username, env, log }))
  } else {
    const allowed = (): readonly string[] => [user.publicKey]
    const hostKey = host.privateKey
    listener.use(new BuiltIn({ hostKey, user: username, allowed, sessions, env: () => env, workDir: dir, log }))
  }
  const { port } = listener
  const keys = { hostKey: host.publicKey, userKey: user.publicKey }
  const me: MeshNode = { index: 0, name: 'node0', address: '127.0.0.1', port, server: kind, user: username, ...keys }
  await files.open([me], [me])
  return { port, files, host, user }
}

function connect({ port, host, user }: Node, config: ConnectConfig = {}): Promise<ssh2.Client> {
  const client = new ssh2.Client()
  onTestFinished(() => void client.end())
  return new Promise((resolve, reject) => {
    client.once('ready', () => resolve(client))
    // Also what comes later: a server that closes under it resets the connection.
    client.on('error', reject)
    client.connect({
      host: '127.0.0.1',
      port,
      username,
      privateKey: user.privateKey,
      hostVerifier: (key: Buffer) => key.equals(blobOf(host.publicKey)),
      ...config,
    })
  })
}

async function exec(client: ssh2.Client, command: string, use?: (channel: ClientChannel) => void) {
  const channel = await new Promise<ClientChannel>((resolve, reject) =>
    client.exec(command, (error, stream) => (error === undefined ? resolve(stream) : reject(error))),
  )
  const out: Buffer[] = []
  const err: Buffer[] = []
  channel.on('data', (chunk: Buffer) => out.push(chunk))
  channel.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  let end: readonly [code: number | null, signal?: string] = [null]
  channel.on('exit', (code: number | null, signal?: string) => {
    end = signal === undefined ? [code] : [code, signal]
  })
  const closed = new Promise(resolve => channel.once('close', resolve))
  if (use === undefined) channel.end()
  else use(channel)
  await closed
  return { out: Buffer.concat(out), err: Buffer.concat(err).toString(), end }
}

describe.each(['openssh', 'builtin'] as const)("the %s server, with ssh2's client", kind => {
  test('exit status, signals, standard input, binary data', async () => {
    const client = await connect(await startNode(kind))
    expect(await exec(client, 'echo out; echo err >&2; exit 7')).toEqual({
      out: Buffer.from('out\n'),
      err: 'err\n',
      end: [7],
    })
    expect((await exec(client, 'kill -TERM $$')).end).toEqual([null, 'SIGTERM'])
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 256))
    expect((await exec(client, 'cat', channel => channel.end(bytes))).out.equals(bytes)).toBe(true)
    // Sessions of one connection at the same time.
    const many = await Promise.all(Array.from({ length: 8 }, (_, index) => exec(client, `echo ${index}`)))
    expect(many.map(({ out }) => out.toString().trim())).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
  })

  test('another key, another user, a password, and no key at all are refused', async () => {
    const node = await startNode(kind)
    const stranger = await makeKeyPair('ed25519')
    const refused = expect.objectContaining({ message: expect.stringContaining('authentication methods failed') })
    await expect(connect(node, { privateKey: stranger.privateKey })).rejects.toEqual(refused)
    await expect(connect(node, { privateKey: node.host.privateKey })).rejects.toEqual(refused)
    await expect(connect(node, { username: 'daemon' })).rejects.toEqual(refused)
    const keyless = { ...node, user: { privateKey: '', publicKey: '' } }
    await expect(connect(keyless)).rejects.toEqual(refused)
    await expect(connect(keyless, { password: 'x' })).rejects.toEqual(refused)
  })

  test('a client that expects another host key goes away', async () => {
    const node = await startNode(kind)
    const other = await makeKeyPair('ed25519')
    await expect(connect({ ...node, host: other })).rejects.toThrow('Host denied')
  })

  test('no terminal and no forwarding', async () => {
    const client = await connect(await startNode(kind))
    await expect(
      new Promise((resolve, reject) => client.shell({}, error => (error === undefined ? resolve(0) : reject(error)))),
    ).rejects.toThrow(/pseudo-TTY|Unable/)
    await expect(
      new Promise((resolve, reject) =>
        client.forwardOut('127.0.0.1', 1, '127.0.0.1', 22, error => (error === undefined ? resolve(0) : reject(error))),
      ),
    ).rejects.toThrow('Channel open failure')
  })

  test('RSA keys, by both clients', async () => {
    const node = await startNode(kind, 'rsa')
    expect((await exec(await connect(node), 'echo $FLOW_FENCE')).out.toString()).toBe('test.0\n')
    const { stdout } = await promisify(execFile)(node.files.ssh, ['node0', 'pwd'])
    expect(stdout.trim()).toBe(join(node.files.dir, '..'))
  })

  test('keys and configuration are for their owner only', async () => {
    const { files } = await startNode(kind)
    const modes = [files.dir, files.identity, files.hostKey, files.authorizedKeys, files.config].map(
      path => statSync(path).mode & 0o777,
    )
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600, 0o600])
  })
})
