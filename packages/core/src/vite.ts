/** The part of vite's `Plugin` that {@link flowDecorators} is: core does not depend on vite. */
export interface DecoratorsPlugin {
  readonly name: string
  readonly enforce: 'pre'
  transform(code: string, id: string): Promise<{ code: string; map: string } | undefined>
}

/**
 * A vite (and vitest) plugin that lowers standard decorators. vite's own transform leaves `@step` in its output, where
 * it is a SyntaxError.
 *
 * @example
 * // vitest.config.ts
 * import { flowDecorators } from '@flow/core/vite'
 * import { defineConfig } from 'vitest/config'
 *
 * export default defineConfig({ plugins: [flowDecorators()] })
 */
export function flowDecorators(): DecoratorsPlugin {
  return {
    name: 'flow:decorators',
    enforce: 'pre',
    async transform(code, id) {
      const file = id.split('?', 1)[0] ?? id
      // Any '@' counts, not only one that starts a line: a class may stand on one line.
      if (!/\.[cm]?[jt]sx?$/.test(file) || file.includes('/node_modules/') || !code.includes('@')) return undefined
      const { transform } = await import('esbuild')
      const isTyped = /\.[cm]?tsx?$/.test(file)
      const result = await transform(code, {
        loader: isTyped ? (file.endsWith('x') ? 'tsx' : 'ts') : 'jsx',
        target: 'node22',
        jsx: 'preserve',
        sourcefile: file,
        sourcemap: 'external',
        // Given in place of the author's tsconfig, whose `experimentalDecorators` would give steps another meaning.
        tsconfigRaw: { compilerOptions: { useDefineForClassFields: true } },
      })
      return { code: result.code, map: result.map }
    },
  }
}
