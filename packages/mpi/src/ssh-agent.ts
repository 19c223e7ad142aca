import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LaunchTools } from '@flow/core'

/**
 * Writes what stands where a launcher expects `ssh`, and is one: by the `ssh` of the gang's mesh. It leaves out the
 * launcher's own options, which are for another configuration.
 */
export async function writeSshAgent(
  ssh: string,
  { dir, onNode }: Pick<LaunchTools, 'dir' | 'onNode'>,
): Promise<string> {
  const path = join(dir, 'ssh-agent')
  const text = `#!/bin/sh
while :; do
  case $1 in
    -l | -p | -o | -i | -F) shift 2 ;;
    -*) shift ;;
    *) break ;;
  esac
done
host=$1
shift
exec ${ssh} "$host" '${onNode}'"$*"
`
  await writeFile(path, text, { mode: 0o700 })
  return path
}
