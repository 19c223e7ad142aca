import { readFileSync } from 'node:fs'

/** The version of core. This file lies as deep as the command's bundle does: `dist/cli`, `dist/bundle`. */
export function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
