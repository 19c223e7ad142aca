import type { Requirement } from '@flow/core'

/** What `flow doctor` looks for on behalf of a step with @ssh. */
export const requirements: readonly Requirement[] = [
  {
    name: "OpenSSH's client (ssh, scp, sftp)",
    check: { command: ['ssh', '-V'], match: 'OpenSSH' },
    install: ['apt-get install openssh-client'],
  },
  {
    name: "OpenSSH's server (sshd)",
    check: { command: ['sh', '-c', 'PATH=$PATH:/usr/sbin:/usr/local/sbin:/sbin command -v sshd'] },
    install: ['apt-get install openssh-server (without it the nodes use the server of @flow/ssh)'],
    optional: true,
  },
]
