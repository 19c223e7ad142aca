import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CoreModules } from './types.js'

/** The core that runs: every package gets this one, so that there is only one copy of it in a process. */
export function coreModules(): CoreModules {
  let dir = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(dir, 'package.json')) && dir !== dirname(dir)) dir = dirname(dir)
  return {
    dir,
    body: join(dir, 'dist/body/main.js'),
    agent: join(dir, 'dist/gang/agent-main.js'),
    host: join(dir, 'dist/backends/host/host-main.js'),
  }
}
