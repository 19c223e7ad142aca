import { FlowError, type ProgramResult } from '@flow/core'
import type { SshNode } from './api.js'

/** What ssh exits with for errors of its own, and a command may exit with too. */
const SSH_ERROR = 255

/** How OpenSSH's client tells that there is no session (or no more), at LogLevel ERROR; always its last line. */
const COMPLAINT =
  /^(?:ssh: |kex_exchange_identification|ssh_exchange_identification|Connection |Host key verification failed|Received disconnect|Disconnected |client_loop: |Timeout, server |\S+: Permission denied \(|No ED25519|No RSA|mux_client)/

/** The error that a result means when ssh itself failed. */
export function connectionFailure(node: SshNode, result: ProgramResult): FlowError | undefined {
  if (result.exitCode !== SSH_ERROR) return undefined
  const said = result.stderr.trim()
  if (!COMPLAINT.test(said.split('\n').at(-1) ?? '')) return undefined
  const isRefused = said.includes('Permission denied (')
  return new FlowError('FLOW_SSH_FAILED', {
    message: `There is no SSH session with ${node.name}: ${isRefused ? 'it refused the key' : 'ssh failed'}`,
    why: said,
    fix: isRefused
      ? "Control's key is let in everywhere; @ssh({ mesh: true }) lets every node's in."
      : 'See whether the node still lives: its end may be in the log above.',
    details: { ...result },
  })
}
