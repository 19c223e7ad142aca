import { expect, test } from 'vitest'
import { runEsbuild } from '../../src/package/esbuild.js'
import { commandOf, parentOf, processIds } from '../../src/testing/processes.js'

const entry = { stdin: { contents: 'export default 1', loader: 'ts' }, write: false, logLevel: 'silent' } as const

/** Kills the bundler's process while it bundles. */
const killsService = {
  name: 'kills-service',
  setup(build: import('esbuild').PluginBuild): void {
    build.onStart(() => {
      for (const pid of processIds())
        if (parentOf(pid) === process.pid && commandOf(pid).includes('--service')) process.kill(pid, 'SIGKILL')
    })
  },
}

test("says what to do when the bundler's process is killed, and bundles again after it", async () => {
  await expect(runEsbuild({ ...entry, plugins: [killsService] })).rejects.toMatchObject({
    code: 'FLOW_BUNDLE_FAILED',
    message: expect.stringContaining('The service was stopped') as string,
    fix: expect.stringContaining('again') as string,
  })
  const { outputFiles } = await runEsbuild(entry)
  expect(outputFiles[0]?.text).toContain('default')
})

test('leaves what is wrong with the input to its caller', async () => {
  const wrong = { ...entry, stdin: { contents: 'export default', loader: 'ts' } } as const
  await expect(runEsbuild(wrong)).rejects.toMatchObject({ errors: [{ text: expect.any(String) as string }] })
})
