import type { Plugin } from 'esbuild'

const IMPORTED = 'flow-builtin'
const REQUIRED = 'flow-builtin-commonjs'

/** What core's own programs use of Node.js. Of these it is known that asking for one says nothing on stderr. */
const taken =
  /^(?:node:)?(?:assert|buffer|child_process|crypto|events|fs|fs\/promises|module|net|os|path|process|stream|stream\/promises|string_decoder|timers\/promises|tls|url|util|v8|zlib)$/

/**
 * Takes Node.js' own modules by `process.getBuiltinModule`. An ES import of one reads all of its exports, getters too
 * (util loads worker threads, crypto loads WebCrypto), and the first `require` of a process loads the CommonJS loader:
 * together a tenth of what a run without work costs.
 */
export const builtinsPlugin: Plugin = {
  name: 'flow-builtins',
  setup(build) {
    build.onResolve({ filter: taken }, ({ path, kind }) => {
      if (kind === 'import-statement') return { path, namespace: IMPORTED, sideEffects: false }
      return kind === 'require-call' ? { path, namespace: REQUIRED } : undefined
    })
    build.onLoad({ filter: /.*/, namespace: IMPORTED }, ({ path }) => ({ contents: asEsModule(path) }))
    build.onLoad({ filter: /.*/, namespace: REQUIRED }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }))
  },
}

/** Each export by itself and marked as pure: only those that are used are read. */
function asEsModule(path: string): string {
  const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter(name => name !== 'default')
  return [
    `const builtin = process.getBuiltinModule(${JSON.stringify(path)})`,
    'export default builtin',
    ...names.map((name, index) => `const _${index} = /* @__PURE__ */ (() => builtin.${name})()`),
    `export { ${names.map((name, index) => `_${index} as ${name}`).join(', ')} }`,
  ].join('\n')
}
