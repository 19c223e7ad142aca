import { writeFile } from 'node:fs/promises'
import type { LaunchTools } from '@flow/core'

/**
 * Puts the `ssh` of the gang's mesh in the place of the launch agent: at its path, as daemons look on their own machine
 * whether there is something. It leaves out the launcher's own options, which are for another configuration.
 */
export async function useSsh(ssh: string, { host, launchAgent, onNode }: LaunchTools): Promise<void> {
  const text = `#!/bin/sh
while :; do
  case $1 in
    -l | -p | -o | -i | -F) shift 2 ;;
    -*) shift ;;
    *) break ;;
  esac
done
host=\${1#${host('')}}
shift
exec ${ssh} "$host" '${onNode}'"$*"
`
  await writeFile(launchAgent, text)
}
