import { findProgram, FlowError } from '@flow/core'
import type { ClientPrograms } from './files.js'

/**
 * OpenSSH's client programs on a node's PATH.
 *
 * @throws `FLOW_SSH_MISSING` when there is no `ssh`.
 */
export async function findClient(env: Readonly<Record<string, string>>): Promise<ClientPrograms> {
  const [ssh, scp, sftp] = await Promise.all(['ssh', 'scp', 'sftp'].map(name => findProgram(name, env)))
  if (ssh === undefined) {
    throw new FlowError('FLOW_SSH_MISSING', {
      message: 'There is no ssh on the PATH of this step',
      why: `PATH is ${env['PATH'] ?? '(not set)'}`,
      fix: "Install OpenSSH's client: apt-get install openssh-client",
    })
  }
  return { ssh, ...(scp === undefined ? {} : { scp }), ...(sftp === undefined ? {} : { sftp }) }
}
