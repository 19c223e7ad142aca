/**
 * `node --import @flow/core/register flow.ts`: TypeScript with decorators in plain Node.js, which strips types but
 * refuses decorators. Relative imports of `./x.js` find `./x.ts`; tsconfig `paths` are not followed.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire, registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

const TYPED = /\.[cm]?tsx?$/

registerHooks({
  resolve(specifier, context, nextResolve) {
    const source =
      /^(?:\.{1,2}\/|file:)/.test(specifier) && context.parentURL !== undefined
        ? sourceOf(new URL(specifier, context.parentURL))
        : undefined
    return nextResolve(source ?? specifier, context)
  },
  load(url, context, nextLoad) {
    const path = url.startsWith('file:') ? url.replace(/[?#].*$/, '') : ''
    if (!TYPED.test(path) || path.includes('/node_modules/')) return nextLoad(url, context)
    const file = fileURLToPath(path)
    const text = readFileSync(file, 'utf8')
    const isCommonJs =
      path.endsWith('.cts') || (context.format === 'commonjs-typescript' && !/^\s*(?:import|export)\b/m.test(text))
    // Loaded at the first TypeScript file: a program without one pays nothing.
    const { transformSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild')
    const { code } = transformSync(text, {
      loader: path.endsWith('x') ? 'tsx' : 'ts',
      format: isCommonJs ? 'cjs' : 'esm',
      target: 'node22',
      platform: 'node',
      sourcefile: file,
      sourcemap: 'inline',
      keepNames: true,
      tsconfigRaw: { compilerOptions: { useDefineForClassFields: true } },
    })
    return { format: isCommonJs ? 'commonjs' : 'module', source: code, shortCircuit: true }
  },
})

/** The TypeScript file that an import of its output means. */
function sourceOf(address: URL): string | undefined {
  if (!/\.[cm]?jsx?$/.test(address.pathname) || existsSync(fileURLToPath(address))) return undefined
  const source = new URL(address)
  source.pathname = address.pathname.replace(/js(x?)$/, 'ts$1')
  return existsSync(fileURLToPath(source)) ? source.href : undefined
}
