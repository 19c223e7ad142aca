// Bundles the command `flow`: loading a hundred small modules would be most of the time to its first line. Commands
// stay apart (splitting), so that `flow run` loads nothing of the others. The library itself is published as it is.
import { readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { builtinsPlugin } from '../packages/core/dist/package/builtins.js'

const core = join(dirname(fileURLToPath(import.meta.url)), '../packages/core')
const outdir = join(core, 'dist/bundle')

const { metafile } = await build({
  metafile: true,
  absWorkingDir: core,
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
  plugins: [builtinsPlugin],
  logLevel: 'warning',
})

// Afterwards, not before: a `flow` that runs right now still loads parts of the last bundle, mostly of the same name.
const written = new Set(Object.keys(metafile.outputs).map(path => basename(path)))
for (const name of readdirSync(outdir)) {
  if (!written.has(name)) rmSync(join(outdir, name), { recursive: true })
}
