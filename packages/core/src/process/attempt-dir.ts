import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FlowError } from '../errors/index.js'

/**
 * Makes the directory of an attempt: private, and at a short path, as Unix sockets end at 107 bytes and MPI launchers
 * want no space and no colon.
 *
 * @throws `FLOW_NO_TEMP_DIR`
 */
export function makeAttemptDir(): string {
  for (const parent of new Set(['/tmp', tmpdir()])) {
    try {
      return mkdtempSync(join(parent, 'flow-'))
    } catch {
      // Not there, full, or not ours to write: the next one.
    }
  }
  throw new FlowError('FLOW_NO_TEMP_DIR', {
    message: 'No temporary directory can be made',
    why: `Neither /tmp nor ${tmpdir()} can be written.`,
    fix: 'Free space there, or set TMPDIR to a directory you may write to.',
  })
}
