import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import {
  artifactFields,
  describeFlow,
  FileArtifact,
  instantiate,
  isFileArtifact,
  makeInput,
  setArtifacts,
  setCurrent,
  takeTransition,
} from '../../src/flow/index.js'

const source = `
import { current, file, Flow, parameter, resources, step } from '@flow/core'
export default class Bundled extends Flow {
  rate = parameter({ default: 2 })
  total = 0
  model
  @resources({ cpu: 2 })
  @step async start() {
    this.total += this.rate
    this.model = await file(current.tempDir)
    this.next(this.end)
  }
  @step join(inputs) { this.mergeArtifacts(inputs) }
  @step end() {}
}`

describe('a flow bundled with its own copy of core', () => {
  it('is understood by this one', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'flow-copies-'))
    try {
      await writeFile(join(dir, 'flow.ts'), source)
      const core = fileURLToPath(new URL('../../src/flow/index.ts', import.meta.url))
      await build({
        entryPoints: [join(dir, 'flow.ts')],
        outfile: join(dir, 'flow.mjs'),
        bundle: true,
        format: 'esm',
        platform: 'node',
        target: 'node22',
        alias: { '@flow/core': core },
        logLevel: 'silent',
      })
      const { default: Bundled } = (await import(/* @vite-ignore */ pathToFileURL(join(dir, 'flow.mjs')).href)) as {
        default: new () => never
      }
      const { steps, parameters } = describeFlow(Bundled)
      expect([...steps.keys()]).toEqual(['start', 'join', 'end'])
      expect(steps.get('start')?.decorations).toEqual([{ name: 'resources', options: { cpu: 2 } }])
      expect(parameters.map(one => one.name)).toEqual(['rate'])

      setCurrent({ stepName: 'start', tempDir: dir })
      const flow = instantiate(Bundled, { rate: 3 }) as unknown as {
        total: number
        model: FileArtifact
        start(): Promise<void>
        join(inputs: unknown): void
      }
      setArtifacts(flow, { total: { hash: 'a' } }, () => 40)
      await flow.start()
      expect(takeTransition(flow)).toEqual({ targets: ['end'] })
      expect(artifactFields(flow).map(one => one.name)).toEqual(['total', 'model'])
      expect([flow.total, isFileArtifact(flow.model), flow.model instanceof FileArtifact]).toEqual([43, true, false])

      const joined = instantiate(Bundled) as unknown as typeof flow
      joined.join([makeInput({ refs: { total: { hash: 'a' } }, load: () => 40 })])
      expect(joined.total).toBe(40)
    } finally {
      setCurrent(undefined)
      await rm(dir, { recursive: true })
    }
  })
})
