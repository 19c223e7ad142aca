/**
 * Every code @flow/ssh can raise, with its one-line meaning. `docs/errors.md` has one row for each.
 *
 * @example
 * for (const [code, meaning] of Object.entries(sshErrorCodes)) console.log(code, meaning)
 */
export const sshErrorCodes = {
  FLOW_SSH_COPY_FAILED: '`scp` between nodes failed.',
  FLOW_SSH_FAILED: 'No SSH session with a node came about: it refused the key, or did not answer.',
  FLOW_SSH_MISSING: 'There is no OpenSSH client (`ssh`) on the PATH of the step, or a part of it is missing.',
  FLOW_SSH_NO_SUCH_NODE: 'A call of `current.ssh` names a node that the gang does not have.',
  FLOW_SSH_OPTIONS: 'An option of `@ssh()` cannot be, or two that ask for SSH contradict each other.',
  FLOW_SSH_SERVER_FAILED: 'The SSH server of a node does not let its own user in.',
} as const satisfies Record<string, string>

/** A code of {@link sshErrorCodes}. */
export type SshErrorCode = keyof typeof sshErrorCodes
