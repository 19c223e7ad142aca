import { execFile } from 'node:child_process'
import { FlowError } from '@flow/core'

/** A node's login on itself has to answer within. */
const PROBE_MS = 30_000

/** Logs in on a node and looks at what it is given; returns what went wrong. */
export function probe({
  ssh,
  config,
  host,
  env,
}: {
  readonly ssh: string
  readonly config: string
  readonly host: string
  readonly env: Readonly<Record<string, string>>
}): Promise<string | undefined> {
  const args = ['-F', config, host, 'echo "<$FLOW_FENCE>"']
  const answer = `<${env['FLOW_FENCE'] ?? ''}>`
  return new Promise(resolve => {
    execFile(ssh, args, { env, timeout: PROBE_MS, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (stdout.includes(answer)) resolve(undefined)
      else resolve(stderr.trim() || (error?.message ?? `a session has another environment: ${stdout.trim()}`))
    })
  })
}

export function serverFailed(node: string, why: string): FlowError {
  return new FlowError('FLOW_SSH_SERVER_FAILED', {
    message: `OpenSSH's server cannot be used on ${node}`,
    why,
    fix: "Leave out server: 'openssh': then the server of @flow/ssh is used where sshd cannot be. sshd wants a user with a login shell and, of root, the folder /run/sshd.",
  })
}
