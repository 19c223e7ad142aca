import { execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { current, Flow, type Inputs, step } from '@flow/core'
import { ssh } from '@flow/ssh'

const run = promisify(execFile)

/** How a program ended: its code, or the signal. */
async function endOf(file: string, args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return run(file, args).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout.trim(), err: stderr.trim() }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      out: error.stdout.trim(),
      err: error.stderr.trim(),
    }),
  )
}

/** Sends bytes to a program and gets what it prints. */
async function through(args: readonly string[], input: Uint8Array): Promise<Buffer> {
  const child = spawn('ssh', args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stdin.end(input)
  await new Promise(resolve => child.once('close', resolve))
  return Buffer.concat(chunks)
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** What works inside a step with SSH, by OpenSSH's client. */
export default class SshWorks extends Flow {
  seen: Record<string, unknown> = {}

  @step start() {
    this.next(this.work, { numParallel: 3 })
  }

  @ssh({ server: 'SERVER' as 'auto' })
  @step
  async work() {
    const seen: Record<string, unknown> = {}
    seen['servers'] = current.ssh.nodes.map(node => `${node.name} ${node.server}`)

    const words = await current.ssh.exec('node1', ['printf', '%s|', 'a b', "it's", '$HOME'])
    seen['words'] = [words.stdout, words.exitCode, words.command]
    const failed = await current.ssh.exec(2, 'echo out; echo err >&2; exit 7')
    seen['failed'] = [failed.exitCode, failed.signal, failed.stdout, failed.stderr]
    const killed = await current.ssh.exec(1, 'kill -KILL $$')
    seen['killed'] = [killed.exitCode, killed.signal, killed.stderr]
    const where = await current.ssh.exec(2, 'echo $WHO $FLOW_FENCE; pwd', { env: { WHO: 'me you' }, cwd: 'sub' })
    seen['where'] = where.stdout.replace(/\/tmp\/flow-\w+/, '').replace(/[0-9a-f]{16}/, '')
    const lines: string[] = []
    await current.ssh.exec(1, 'echo one; echo two', { onLine: (text, { node }) => void lines.push(`${node} ${text}`) })
    seen['lines'] = lines
    // The `sleep` says by its number of seconds whose it is.
    const slow = await current.ssh.exec(1, 'sleep 4321 & sleep 4321', { timeout: 1_000 })
    seen['slow'] = [slow.timedOut, (await endOf('pgrep', ['-fx', 'sleep 4321'])).out]

    seen['plain'] = await endOf('ssh', ['node2', 'echo $FLOW_NODE_DIR; exit 3'])
    seen['shell'] = (await through(['node1'], Buffer.from('echo from a shell\n'))).toString()
    const big = randomBytes(100_000_000)
    seen['big'] = sha256(await through(['node1', 'cat'], big)) === sha256(big)
    const many = await Promise.all(Array.from({ length: 200 }, (_, index) => endOf('ssh', ['node1', `echo ${index}`])))
    seen['many'] = [many.every(({ out }, index) => out === String(index)), many.find(({ code }) => code !== 0)]

    const file = big.subarray(0, 20_000_000)
    await writeFile('big', file)
    await current.ssh.copy('big', 'node2:copied')
    await run('scp', ['-q', 'node2:copied', 'back'])
    seen['copied'] = sha256(await readFile('back')) === sha256(file)
    await writeFile(
      'batch',
      'put big sent\nmkdir made\nrename sent made/it\nls -l made\nget made/it got\nrm made/it\nrmdir made\n',
    )
    seen['sftp'] = (await endOf('sftp', ['-b', 'batch', 'node1'])).code
    seen['got'] = sha256(await readFile('got')) === sha256(file)
    await run('scp', ['-q', '-r', '-p', 'sub', 'node1:tree'])
    seen['tree'] = (await endOf('ssh', ['node1', 'find tree | sort'])).out

    seen['tty'] = (await endOf('ssh', ['-tt', 'node1', 'tty'])).err
    seen['forward'] = (
      await endOf('ssh', ['-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:1', 'node1', 'true'])
    ).code
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', 'stranger'])
    const stranger = [
      '-F',
      'none',
      '-o',
      'BatchMode=yes',
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
    ]
    const { address, port } = current.ssh.nodes[1] ?? { address: '', port: 0 }
    const place = ['-p', String(port), address, 'true']
    seen['wrongKey'] = (await endOf('ssh', [...stranger, '-i', 'stranger', ...place])).err
    seen['rightKey'] = (await endOf('ssh', [...stranger, '-i', current.ssh.identityFile, ...place])).code
    seen['wrongUser'] = (
      await endOf('ssh', [...stranger, '-i', current.ssh.identityFile, '-l', 'daemon', ...place])
    ).err
    const publicKey = (await readFile('stranger.pub', 'utf8')).split(' ').slice(0, 2).join(' ')
    await writeFile('known', `node1 ${publicKey}\n`)
    seen['wrongHost'] = (await endOf('ssh', ['-o', 'UserKnownHostsFile=known', 'node1', 'true'])).err
    seen['unknown'] = (await endOf('ssh', ['-p', String(port), '127.0.0.1', 'true'])).code
    seen['worker'] = (await endOf('ssh', ['node1', 'ssh node2 true'])).err

    this.seen = seen
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.seen = inputs[0].seen
    this.next(this.end)
  }

  @step end() {
    console.log(JSON.stringify(this.seen))
  }
}
