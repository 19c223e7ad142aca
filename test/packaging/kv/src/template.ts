import { readFileSync } from 'node:fs'
import type { Template } from '@flow/core'

/** What `flow init --template flow-kv` writes, beside package.json and tsconfig.json. */
export const template: Template = {
  name: 'kv',
  help: 'three nodes that count together',
  // Read when it is asked for: nodes import this module too.
  get files() {
    return { 'flow.ts': readFileSync(new URL('../flow.ts', import.meta.url), 'utf8') }
  },
}
