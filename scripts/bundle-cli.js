// Bundles the command `flow`: loading a hundred small modules would be most of the time to its first line. Commands
// stay apart (splitting), so that `flow run` loads nothing of the others. The library itself is published as it is.
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const core = join(dirname(fileURLToPath(import.meta.url)), '../packages/core')
const outdir = join(core, 'dist/bundle')

rmSync(outdir, { recursive: true, force: true })
await build({
  entryPoints: [join(core, 'dist/cli/main.js')],
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // Native parts, and what is heavy and rarely needed, are loaded from where they are installed.
  external: ['esbuild', 'oxc-parser', 'node-forge'],
  // CommonJS modules among the dependencies ask for these.
  banner: {
    js: "import { createRequire as flowRequire } from 'node:module'; const require = flowRequire(import.meta.url);",
  },
  logLevel: 'warning',
})
