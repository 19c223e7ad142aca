import { transform } from 'esbuild'
import { defineConfig } from 'vitest/config'
import type { Plugin } from 'vite'

/**
 * vite's own transform (oxc) leaves standard decorators in its output, where they are a SyntaxError. esbuild lowers
 * them. Any '@' counts, not only one at the start of a line: a class may stand on one line.
 */
function lowerDecorators(): Plugin {
  return {
    name: 'flow:lower-decorators',
    enforce: 'pre',
    async transform(code, id) {
      const file = id.split('?', 1)[0] ?? id
      if (!/\.[cm]?tsx?$/.test(file) || file.includes('/node_modules/') || !code.includes('@')) return
      const result = await transform(code, {
        loader: file.endsWith('x') ? 'tsx' : 'ts',
        target: 'node22',
        sourcefile: file,
        sourcemap: true,
        tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, useDefineForClassFields: true } },
      })
      return { code: result.code, map: JSON.parse(result.map) }
    },
  }
}

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [lowerDecorators()],
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'test/{errors,docs,tooling}/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        plugins: [lowerDecorators()],
        test: {
          name: 'e2e',
          include: ['test/{e2e,packaging}/**/*.test.ts', 'examples/**/*.test.ts'],
          // Each e2e test starts real processes and uses every core; two at once would only measure each other.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
