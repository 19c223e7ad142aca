import type { BuildFailure, BuildOptions, BuildResult } from 'esbuild'
import { FlowError } from '../errors/index.js'

let users = 0

/**
 * One esbuild build. The module (20 ms) and its service process are loaded when something has to be built, and the
 * service ends with its last user: a run lasts longer than its bundling.
 */
export async function runEsbuild<const T extends BuildOptions>(options: T): Promise<BuildResult<T>> {
  const esbuild = await import('esbuild')
  users++
  try {
    return await esbuild.build<T>(options as never)
  } catch (error) {
    throw isBuildFailure(error) ? error : serviceFailed(error)
  } finally {
    if (--users === 0) await esbuild.stop()
  }
}

/** What esbuild finds wrong with its input; anything else that it throws is about its own process. */
function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error
}

function serviceFailed(cause: unknown): FlowError {
  return new FlowError('FLOW_BUNDLE_FAILED', {
    message: `The flow could not be bundled: ${cause instanceof Error ? cause.message : String(cause)}`,
    why: "The bundler's own process (esbuild) could not be started, or was killed.",
    fix: 'Run the flow again. If it says so again, install @flow/core again.',
    cause,
  })
}

/** What both layers are built with. The target is the oldest Node.js that Flow supports; `esnext` would not lower decorators. */
export const commonOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  charset: 'utf8',
  write: false,
  metafile: true,
  logLevel: 'silent',
  sourcesContent: false,
  legalComments: 'none',
  outExtension: { '.js': '.mjs' },
  // `define` reaches only free names, so an author's own `const __dirname` stands.
  define: { __dirname: '__flowDirname', __filename: '__flowFilename' },
} as const satisfies BuildOptions

/**
 * Bundled CommonJS needs `require` and its like; an ES module has none. `root` is where `__dirname` points, relative to
 * the output file.
 */
export function banner(root: string): { js: string } {
  return {
    js:
      "import { createRequire as __flowCreateRequire } from 'node:module';" +
      'const require = __flowCreateRequire(import.meta.url), __flowUrl = import.meta.url;' +
      `const __flowDirname = __flowPath(${JSON.stringify(root)}), __flowFilename = __flowPath(${JSON.stringify(`${root}/index.js`)});` +
      "function __flowPath(path) { return require('node:url').fileURLToPath(new URL(path, __flowUrl)) }",
  }
}
