import { defineConfig } from 'vitest/config'
import { flowDecorators } from './packages/core/src/vite.ts'

// Tests that start real processes use every core: two such files at once would only measure each other.
// A test that passes only when it is tried again is reported as such by the default reporter: machines of CI stall.
const alone = { fileParallelism: false, testTimeout: 240_000, hookTimeout: 300_000, retry: 2 }
const quick = { testTimeout: 30_000, hookTimeout: 30_000 }

export default defineConfig({
  test: {
    tags: [{ name: 'user', description: 'Run again by a user who is not root: npm test -- user.' }],
    projects: [
      {
        plugins: [flowDecorators()],
        test: {
          ...quick,
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'test/{errors,tooling}/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['packages/*/test/**/*.test-d.ts', 'test/**/*.test-d.ts'],
            tsconfig: './tsconfig.types.json',
          },
        },
      },
      { test: { ...quick, name: 'docs', include: ['test/docs/**/*.test.ts'] } },
      { test: { ...alone, name: 'packaging', include: ['test/packaging/**/*.test.ts'] } },
      { plugins: [flowDecorators()], test: { ...alone, name: 'e2e', include: ['test/e2e/**/*.test.ts'] } },
    ],
  },
})
