import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  artifactFields,
  file,
  FileArtifact,
  Flow,
  instantiate,
  makeInput,
  parameter,
  setArtifacts,
  step,
} from '../../src/flow/index.js'

class Sum extends Flow {
  rate = parameter({ default: 2 })
  total = 0
  parts: number[] = []
  model = ''
  unset: number | undefined
  helper = (): number => 1
  @step start() {}
}

const make = (): Sum => instantiate(Sum) as Sum
const code = (wanted: string) => expect.objectContaining({ code: wanted })

/** Stored values by hash, with what was read. */
function store(values: Record<string, unknown>) {
  const read: string[] = []
  const refs = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { hash: JSON.stringify(value) }]),
  )
  const load = (name: string): unknown => {
    read.push(name)
    return structuredClone(values[name])
  }
  return { refs, load, read }
}

describe('artifacts', () => {
  it('are the fields of an instance', () => {
    const flow = make()
    flow.total = 3
    expect(artifactFields(flow)).toEqual([
      { name: 'total', value: 3 },
      { name: 'parts', value: [] },
      { name: 'model', value: '' },
    ])
  })

  it('are stored as undefined where a step took a value away', () => {
    const flow = make()
    Object.assign(flow, { total: undefined })
    const { refs, load } = store({ unset: 3 })
    setArtifacts(flow, refs, load)
    flow.unset = undefined
    expect(artifactFields(flow)).toEqual([
      { name: 'total', value: undefined },
      { name: 'parts', value: [] },
      { name: 'model', value: '' },
      { name: 'unset', value: undefined },
    ])
  })

  it('are loaded when they are read, and stored again only when they may have changed', () => {
    const flow = make()
    const { refs, load, read } = store({ total: 5, parts: [1], model: 'm', rate: 9, added: true })
    setArtifacts(flow, refs, load)
    expect(read).toEqual([])
    expect(artifactFields(flow)).toEqual(['total', 'parts', 'model', 'added'].map(name => ({ name, ref: refs[name] })))
    expect([flow.total, flow.total, flow.rate]).toEqual([5, 5, 2])
    flow.parts.push(2)
    flow.model = 'n'
    expect(read).toEqual(['total', 'parts'])
    expect(artifactFields(flow)).toEqual([
      { name: 'total', ref: refs['total'] },
      { name: 'parts', value: [1, 2] },
      { name: 'model', value: 'n' },
      { name: 'added', ref: refs['added'] },
    ])
    flow.total += 1
    expect(artifactFields(flow)[0]).toEqual({ name: 'total', value: 6 })
  })

  it('of an input can be read, not written', () => {
    const { refs, load, read } = store({ total: 5 })
    const input = makeInput({ refs, load, parameters: { rate: 2 } }) as { total: number; rate: number; other?: number }
    expect([input.total, input.total, input.rate, { ...input }]).toEqual([5, 5, 2, { total: 5, rate: 2 }])
    expect(read).toEqual(['total'])
    expect(() => {
      input.total = 1
    }).toThrow(code('FLOW_INPUT_READ_ONLY'))
    expect(() => {
      input.other = 1
    }).toThrow(TypeError)
  })
})

describe('mergeArtifacts', () => {
  const inputs = (...all: Record<string, unknown>[]) => all.map(values => makeInput(store(values)))

  it('takes what all inputs agree on, without loading it', () => {
    const flow = make()
    const stores = [store({ total: 1, model: 'm' }), store({ total: 1, parts: [7] })]
    flow.mergeArtifacts(stores.map(one => makeInput(one)))
    expect(stores.map(one => one.read)).toEqual([[], []])
    expect([flow.total, flow.model, flow.parts]).toEqual([1, 'm', [7]])
  })

  it('names all conflicts, and leaves alone what the step has set', () => {
    const flow = make()
    const differ = inputs(
      { total: 1, model: 'a', parts: [] },
      { total: 2, model: 'b', parts: [] },
      { total: 1, model: 'c', parts: [] },
    )
    expect(() => flow.mergeArtifacts(differ)).toThrow(
      "the inputs differ in 'total' (inputs 0, 2 / 1), 'model' (inputs 0 / 1 / 2)",
    )
    expect(flow.total).toBe(0)
    flow.total = 4
    flow.mergeArtifacts(differ, { exclude: ['model'] })
    expect([flow.total, flow.model]).toEqual([4, ''])
  })

  it("takes control's value where workers only served", () => {
    const flow = make()
    const own = store({ total: 9, model: 'm' })
    const inherited = store({ total: 0, model: 'm' })
    flow.mergeArtifacts([
      makeInput(own),
      makeInput({ ...inherited, served: true }),
      makeInput({ ...inherited, served: true }),
    ])
    expect(flow.total).toBe(9)
  })

  it('tells equal bytes of different types apart', () => {
    const flow = make()
    const input = (type: string) =>
      makeInput({ refs: { total: { hash: 'x', encoding: 'bytes', type } }, load: () => 0 })
    expect(() => flow.mergeArtifacts([input('Buffer'), input('Float64Array')])).toThrow(code('FLOW_MERGE_CONFLICT'))
    const path = (type: string) => makeInput({ refs: { total: { hash: 'x', encoding: 'file', type } }, load: () => 0 })
    expect(() => make().mergeArtifacts([path('a'), path('b')])).not.toThrow()
  })

  it('leaves failures out unless asked for: two that differ are no conflict', () => {
    const failed = (hash: string) =>
      makeInput({ refs: { model: { hash, encoding: 'json', type: 'failure' } }, load: () => hash })
    const flow = make()
    flow.mergeArtifacts([failed('x'), failed('y')])
    expect(flow.model).toBe('')
    flow.mergeArtifacts([failed('x'), failed('x')], { include: ['model'] })
    expect(flow.model).toBe('x')
  })

  it('obeys include', () => {
    const flow = make()
    const some = inputs({ total: 1, model: 'a' }, { total: 1, model: 'b' })
    flow.mergeArtifacts(some, { include: ['total'] })
    expect([flow.total, flow.model]).toEqual([1, ''])
    expect(() => make().mergeArtifacts(some, { include: ['parts'] })).toThrow(code('FLOW_MERGE_MISSING'))
    expect(() => make().mergeArtifacts(some, { include: ['total'], exclude: ['model'] })).toThrow(
      code('FLOW_MERGE_OPTIONS'),
    )
    expect(() => make().mergeArtifacts([{}])).toThrow(code('FLOW_MERGE_INPUTS'))
  })
})

describe('file', () => {
  it('makes an artifact of a file or directory', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'flow-file-'))
    try {
      await writeFile(join(dir, 'a.txt'), 'a')
      expect(await file(join(dir, 'a.txt'))).toEqual(new FileArtifact(join(dir, 'a.txt'), 'file'))
      expect((await file(dir)).kind).toBe('directory')
      expect(String(await file(dir))).toBe(dir)
      await expect(file(join(dir, 'b.txt'))).rejects.toThrow(code('FLOW_FILE_MISSING'))
      await expect(file('/dev/null')).rejects.toThrow(code('FLOW_FILE_KIND'))
    } finally {
      await rm(dir, { recursive: true })
    }
  })
})
