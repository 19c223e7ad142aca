import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkRequirement, isMissing, requirementsOf } from '../../src/cli/requirements.js'
import { describeFlow, Flow, type FlowDescription, step, type StepDecoration } from '../../src/flow/index.js'
import { gangDecorator, type Requirement } from '../../src/gang/index.js'

const node: Requirement = {
  name: 'node',
  check: { command: [process.execPath, '--version'], match: '^v\\d+' },
  install: [],
}
const absent: Requirement = { name: 'absent', check: { command: ['flow-no-such-program'] }, install: ['install it'] }
const pypi: StepDecoration = { name: 'pypi', options: { packages: { absent: '1.0' } } }
const cache = mkdtempSync(join(tmpdir(), 'flow-doctor-'))
afterAll(() => rmSync(cache, { recursive: true, force: true }))
const env = { PATH: process.env['PATH'], XDG_CACHE_HOME: cache }

/** What the decorator of a real extension records on a step. */
function extension(...doctor: Requirement[]): StepDecoration {
  const { extension: spec } = gangDecorator({ name: 'ext', core: '*', doctor, setup: () => undefined })
  return { name: 'ext', options: {}, extension: spec }
}

function describeSteps(...steps: StepDecoration[][]): FlowDescription {
  return {
    name: 'F',
    parameters: [],
    steps: new Map(steps.map((decorations, i) => [`s${i}`, { name: `s${i}`, decorations }])),
  }
}

describe('requirements of a flow', () => {
  it('are those of its extensions, each once', () => {
    const needed = requirementsOf(describeSteps([], [extension(node, absent)], [extension(node)]))
    expect(needed.map(({ requirement, neededBy }) => [requirement.name, neededBy])).toEqual([
      ['node', '@ext'],
      ['absent', '@ext'],
    ])
  })

  it('are first those of the extensions that one uses', () => {
    const used = gangDecorator({ name: 'used', core: '*', doctor: [absent], setup: () => undefined })
    const { extension: user } = gangDecorator({
      name: 'ext',
      core: '*',
      uses: [used],
      doctor: [node],
      setup: () => undefined,
    })
    const needed = requirementsOf(describeSteps([{ name: 'ext', options: {}, extension: user }]))
    expect(needed.map(({ requirement }) => requirement.name)).toEqual(['absent', 'node'])
  })

  it('are what the decorator of a flow records', () => {
    const ext = gangDecorator({ name: 'ext', core: '*', doctor: [node], setup: () => undefined })
    class F extends Flow {
      @ext() @step start() {}
    }
    expect(requirementsOf(describeFlow(F)).map(({ requirement }) => requirement.name)).toEqual(['node'])
  })

  it('are Python and an installer for @pypi', () => {
    expect(requirementsOf(describeSteps([pypi])).map(({ requirement }) => requirement.name)).toEqual([
      'python3',
      'uv',
      'pip and venv',
    ])
  })

  it('are found or missing', async () => {
    const found = await checkRequirement({ requirement: node, neededBy: '@ext' }, env)
    expect(found).toMatchObject({ name: 'node', found: true, saw: process.version })
    expect(isMissing(found)).toBe(false)
    const wrong = await checkRequirement(
      { requirement: { ...node, check: { ...node.check, match: '^w' } }, neededBy: '@ext' },
      env,
    )
    expect(isMissing(wrong)).toBe(true)
    const missing = await checkRequirement({ requirement: absent, neededBy: '@ext' }, env)
    expect(missing).toEqual({
      name: 'absent',
      found: false,
      optional: false,
      saw: '',
      neededBy: '@ext',
      install: ['install it'],
    })
    expect(isMissing(missing)).toBe(true)
  })

  it('may come with @pypi at the first run, and nothing is installed to find out', async () => {
    const [needed] = requirementsOf(describeSteps([pypi, extension(absent)])).slice(-1)
    if (needed === undefined) throw new Error('nothing needed')
    const finding = await checkRequirement(needed, env)
    expect(finding).toMatchObject({ found: false, comesWith: ['absent'] })
    expect(isMissing(finding)).toBe(false)
  })
})
