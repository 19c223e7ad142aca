import { describe, expect, it } from 'vitest'
import { lintError, parseFlow } from '../../../src/flow/graph/index.js'

const head = "import { decorate, Flow, parameter, resources, step, type Inputs } from '@flow/core'\n"
const flow = (body: string): string => `${head}export default class F extends Flow {\n${body}\n}\n`
const linear = '@step start() { this.next(this.end) }\n@step end() {}'
const start = (next: string): string =>
  flow(`@step start() { ${next} }\n@step a() { this.next(this.end) }\n@step end() {}\nhelper() {}`)

/** Codes with the text each points at, in order. */
function problems(source: string): string[] {
  const lines = source.split('\n')
  return parseFlow(source, 'flow.ts').problems.map(({ code, at, frame }) => {
    const mark = frame.split('\n').find(line => /^ +\| *\^+$/.test(line)) ?? ''
    const length = mark.length - mark.indexOf('^')
    return `${code} ${lines[at.line - 1]?.slice(at.column - 1, at.column - 1 + length) ?? ''}`
  })
}

describe('lint', () => {
  it.each<[string, string, string[]]>([
    ['a file that does not parse', 'export default class {\n  foo( {}', ['FLOW_LINT_SYNTAX ']],
    ['no flow', 'export const a = 1', ['FLOW_LINT_NO_FLOW e']],
    ['an empty file', '', ['FLOW_LINT_NO_FLOW ']],
    ['a flow that is not exported', `${head}class F extends Flow {\n${linear}\n}`, ['FLOW_LINT_NO_FLOW F']],
    [
      'two flows',
      `${head}export class A extends Flow {\n${linear}\n}\nexport class B extends Flow {\n${linear}\n}`,
      ['FLOW_LINT_TWO_FLOWS B'],
    ],
    ['a flow without a name', `${head}export default class extends Flow {\n${linear}\n}`, ['FLOW_LINT_NO_NAME class']],
    [
      'a base class of another file',
      "import { Base } from './base.js'\nexport default class F extends Base {}",
      ['FLOW_LINT_BASE_ELSEWHERE Base'],
    ],
    ['no start', flow('@step end() {}'), ['FLOW_LINT_NO_START F']],
    [
      'no end',
      flow('@step start() { this.next(this.a) }\n@step a() {}'),
      ['FLOW_LINT_NO_END F', 'FLOW_LINT_NEXT_MISSING a'],
    ],
    ['no next', flow('@step start() {}\n@step end() {}'), ['FLOW_LINT_NEXT_MISSING start']],
    [
      'a next in end',
      flow('@step start() { this.next(this.end) }\n@step end() { this.next(this.start) }'),
      ['FLOW_LINT_END_NEXT this.next(this.start)', 'FLOW_LINT_CYCLE this.start'],
    ],
    [
      'a join as end',
      flow(
        '@step start() { this.next(this.a, this.b) }\n@step a() { this.next(this.end) }\n@step b() { this.next(this.end) }\n@step end(inputs: Inputs<this>) {}',
      ),
      ['FLOW_LINT_END_JOIN end'],
    ],
    ['an orphan', flow(`${linear}\n@step lost() { this.next(this.end) }`), ['FLOW_LINT_ORPHAN lost']],
    [
      'a cycle',
      flow(
        '@step start() { this.next(this.a) }\n@step a() { this.next(this.b) }\n@step b() { this.next(this.a) }\n@step end() {}',
      ),
      ['FLOW_LINT_CYCLE this.a', 'FLOW_LINT_ORPHAN end'],
    ],
    ['an unknown step', start('this.next(this.nope)'), ['FLOW_LINT_UNKNOWN_STEP this.nope']],
    ['a helper as target', start('this.next(this.helper)'), ['FLOW_LINT_UNKNOWN_STEP this.helper']],
    [
      'a ternary',
      start('this.next(Math.random() > 0.5 ? this.a : this.end)'),
      ['FLOW_LINT_NEXT_FORM Math.random() > 0.5 ? this.a : this.end'],
    ],
    ['a variable', start('const t = this.a; this.next(t)'), ['FLOW_LINT_NEXT_FORM t']],
    ['a spread', start('this.next(...[this.a])'), ['FLOW_LINT_NEXT_FORM ...[this.a]']],
    ['a text', start("this.next('a')"), ["FLOW_LINT_NEXT_FORM 'a'"]],
    ['super.next', start('super.next(this.a)'), ['FLOW_LINT_NEXT_SUPER super.next']],
    ['next as a value', start('const go = this.next; go(this.a)'), ['FLOW_LINT_NEXT_FORM this.next']],
    ['a nested function', start('[1].forEach(() => this.next(this.a))'), ['FLOW_LINT_NEXT_NESTED this.next(this.a)']],
    [
      'a next of something else only',
      start('const it = { next() {}, go() { this.next() } }; it.go()'),
      ['FLOW_LINT_NEXT_MISSING start'],
    ],
    ['two next', start('this.next(this.a); this.next(this.end)'), ['FLOW_LINT_NEXT_TWICE this.next(this.end)']],
    ['next in an if', start('if (1 > 0) this.next(this.a)'), ['FLOW_LINT_NEXT_CONDITIONAL this.next(this.a)']],
    ['next in a try', start('try { this.next(this.a) } catch {}'), ['FLOW_LINT_NEXT_CONDITIONAL this.next(this.a)']],
    ['next in a loop', start('for (;;) { this.next(this.a) }'), ['FLOW_LINT_NEXT_CONDITIONAL this.next(this.a)']],
    ['next after &&', start('true && this.next(this.a)'), ['FLOW_LINT_NEXT_CONDITIONAL this.next(this.a)']],
    ['the same step twice', start('this.next(this.a, this.a)'), ['FLOW_LINT_NEXT_FORM this.a']],
    ['an unknown option', start("this.next(this.a, { condition: 'x' })"), ["FLOW_LINT_NEXT_OPTION condition: 'x'"]],
    [
      'two options',
      start("this.next(this.a, { foreach: 'x', numParallel: 2 })"),
      ["FLOW_LINT_NEXT_OPTION { foreach: 'x', numParallel: 2 }"],
    ],
    ['foreach by a value', start('this.next(this.a, { foreach: this.items })'), ['FLOW_LINT_FOREACH this.items']],
    ['a step called', start('this.a(); this.next(this.a)'), ['FLOW_LINT_STEP_CALL this.a']],
    ['numParallel 0', start('this.next(this.a, { numParallel: 0 })'), ['FLOW_LINT_NUM_PARALLEL 0']],
    ['numParallel 1.5', start('this.next(this.a, { numParallel: 1.5 })'), ['FLOW_LINT_NUM_PARALLEL 1.5']],
    ['numParallel -1', start('this.next(this.a, { numParallel: -1 })'), ['FLOW_LINT_NUM_PARALLEL -1']],
    ["numParallel 'four'", start("this.next(this.a, { numParallel: 'four' })"), ["FLOW_LINT_NUM_PARALLEL 'four'"]],
    [
      'numParallel by a constant',
      `const N = 3 / 2\n${start('this.next(this.a, { numParallel: N })')}`,
      ['FLOW_LINT_NUM_PARALLEL N'],
    ],
    [
      'a parallel step without join',
      start('this.next(this.a, { numParallel: 2 })'),
      ['FLOW_LINT_SPLIT_OPEN this.next(this.a, { numParallel: 2 })', 'FLOW_LINT_PARALLEL_JOIN this.next(this.end)'],
    ],
    [
      'a parallel step reached twice',
      flow(
        '@step start() { this.next(this.x, this.g) }\n@step x() { this.next(this.g, { numParallel: 2 }) }\n@step g() { this.next(this.j) }\n@step j(i: Inputs<this>) { this.next(this.end) }\n@step end() {}',
      ),
      ['FLOW_LINT_SPLIT_OPEN this.next(this.x, this.g)', 'FLOW_LINT_PARALLEL_REACHED this.g'],
    ],
    [
      'numParallel straight to a join',
      flow(
        '@step start() { this.next(this.j, { numParallel: 2 }) }\n@step j(i: Inputs<this>) { this.next(this.end) }\n@step end() {}',
      ),
      ['FLOW_LINT_EMPTY_SPLIT this.j'],
    ],
    [
      'a branch that is never joined',
      flow(
        '@step start() { this.next(this.a, this.b) }\n@step a() { this.next(this.end) }\n@step b() { this.next(this.end) }\n@step end() {}',
      ),
      ['FLOW_LINT_SPLIT_OPEN this.next(this.a, this.b)', 'FLOW_LINT_JOIN_MISSING end'],
    ],
    [
      'a join without a split',
      flow('@step start() { this.next(this.j) }\n@step j(i: Inputs<this>) { this.next(this.end) }\n@step end() {}'),
      ['FLOW_LINT_JOIN_WITHOUT_SPLIT j'],
    ],
    [
      'a join that splits',
      flow(
        "@step start() { this.next(this.a, { foreach: 'x' }) }\n@step a() { this.next(this.j) }\n@step j(i: Inputs<this>) { this.next(this.b, { foreach: 'x' }) }\n@step b() { this.next(this.k) }\n@step k(i: Inputs<this>) { this.next(this.end) }\n@step end() {}",
      ),
      ["FLOW_LINT_JOIN_SPLITS this.next(this.b, { foreach: 'x' })"],
    ],
    [
      'a join of too few',
      flow(
        '@step start() { this.next(this.a, this.b, this.c) }\n@step a() { this.next(this.j) }\n@step b() { this.next(this.j) }\n@step c() { this.next(this.k) }\n@step j(i: Inputs<this>) { this.next(this.k) }\n@step k(i: Inputs<this>) { this.next(this.end) }\n@step end() {}',
      ),
      ['FLOW_LINT_JOIN_UNBALANCED j', 'FLOW_LINT_JOIN_CROSSES k'],
    ],
    [
      'a join with two arguments',
      flow(
        '@step start() { this.next(this.a, { numParallel: 2 }) }\n@step a() { this.next(this.j) }\n@step j(i: Inputs<this>, o: object) { this.next(this.end) }\n@step end() {}',
      ),
      ['FLOW_LINT_JOIN_ARGUMENTS o: object'],
    ],
    ['a private step', flow(`${linear}\n@step #a() {}`), ['FLOW_LINT_STEP_KIND #a']],
    ['a static step', flow(`${linear}\n@step static a() {}`), ['FLOW_LINT_STEP_KIND a']],
    ['a field as step', flow(`${linear}\n@step a = () => {}`), ['FLOW_LINT_STEP_KIND a']],
    ['a step with a strange name', flow(`${linear}\n@step 'a/b'() {}`), ["FLOW_LINT_STEP_NAME 'a/b'"]],
    ['@step()', flow('@step() start() { this.next(this.end) }\n@step end() {}'), ['FLOW_LINT_STEP_CALLED step()']],
    [
      'a decorated method without @step',
      flow(`${linear}\n@resources({ cpu: 1 }) a() {}`),
      ['FLOW_LINT_STEP_NOT_MARKED a'],
    ],
    [
      'an override without @step',
      `${head}class B extends Flow {\n${linear}\n}\nexport default class F extends B {\n end() {}\n}`,
      ['FLOW_LINT_OVERRIDE end'],
    ],
    ['a reserved name', flow(`${linear}\nnext = 1`), ['FLOW_LINT_RESERVED_NAME next']],
    ['input as an artifact', flow(`${linear}\ninput = 1`), ['FLOW_LINT_RESERVED_NAME input']],
    [
      'decorate with an unknown method',
      `${head}export default decorate(class F extends Flow { start() { this.next(this.end) }\n end() {} }, { start: step, end: step, x: step })`,
      ['FLOW_LINT_DECORATE x: step'],
    ],
    ['a private parameter', flow(`private x = parameter({ default: 1 })\n${linear}`), ['FLOW_LINT_PARAMETER_FIELD x']],
    ['a #private parameter', flow(`#x = parameter({ default: 1 })\n${linear}`), ['FLOW_LINT_PARAMETER_FIELD #x']],
    [
      'a parameter with a flag of flow run',
      flow(`maxWorkers = parameter({ default: 1 })\n${linear}`),
      ['FLOW_LINT_PARAMETER_FLAG maxWorkers'],
    ],
    [
      'calculating with a parameter',
      flow(`x = parameter({ default: 1 }) * 2\n${linear}`),
      ['FLOW_LINT_PARAMETER_USE parameter({ default: 1 })'],
    ],
    [
      'a parameter in an initialiser',
      flow(`x = parameter({ default: 1 })\ny = this.x || 3\n${linear}`),
      ['FLOW_LINT_PARAMETER_USE this.x'],
    ],
    [
      'a parameter in the constructor',
      flow(`x = parameter({ default: 1 })\nconstructor() { super(); console.log(this.x) }\n${linear}`),
      ['FLOW_LINT_PARAMETER_USE this.x'],
    ],
    [
      'writing a parameter',
      flow('x = parameter({ default: 1 })\n@step start() { this.x++; this.next(this.end) }\n@step end() {}'),
      ['FLOW_LINT_PARAMETER_WRITE this.x++'],
    ],
  ])('refuses %s', (_, source, expected) => {
    const found = problems(source)
    expect(found.map(one => one.trimEnd())).toEqual(expected.map(one => one.trimEnd()))
  })

  it('allows what only looks like a mistake', () => {
    expect(
      problems(
        flow(
          `declare readonly input: number\nx = parameter({ default: 1 })\nlater = () => this.x * 2\nget twice() { return this.x * 2 }\n${linear}`,
        ),
      ),
    ).toEqual([])
  })

  it('knows lines whatever ends them, and after a byte order mark', () => {
    const source = `\uFEFF${start('this.next(this.nope)')}`
    expect(parseFlow(source, 'flow.ts').problems).toMatchObject([{ at: { line: 3, column: 27 } }])
    expect(parseFlow(source.replaceAll('\n', '\r\n'), 'flow.ts').problems).toMatchObject([
      { at: { line: 3, column: 27 } },
    ])
  })

  it('shows the place, and what to write instead', () => {
    const {
      problems: [problem],
    } = parseFlow(start('this.next(this.edn)'), 'dir/flow.ts')
    expect(problem).toMatchObject({
      message: "The flow has no step 'edn'",
      fix: 'Did you mean this.end?',
      at: { file: 'dir/flow.ts', line: 3, column: 27 },
    })
    expect(problem?.frame).toBe(
      [
        "  1 | import { decorate, Flow, parameter, resources, step, type Inputs } from '@flow/core'",
        '  2 | export default class F extends Flow {',
        '> 3 | @step start() { this.next(this.edn) }',
        '    |                           ^^^^^^^^',
        '  4 | @step a() { this.next(this.end) }',
        '  5 | @step end() {}',
      ].join('\n'),
    )
  })

  it('makes one error of all problems', () => {
    const found = parseFlow(
      flow('@step start() { if (1) this.next(this.b) }\nthen = 1\n@step end() { this.next() }'),
      'flow.ts',
    ).problems
    expect(found.map(one => one.code)).toEqual([
      'FLOW_LINT_NEXT_CONDITIONAL',
      'FLOW_LINT_UNKNOWN_STEP',
      'FLOW_LINT_RESERVED_NAME',
      'FLOW_LINT_NEXT_FORM',
    ])
    const error = lintError(found)
    expect(error.code).toBe('FLOW_LINT_FAILED')
    expect(error.message).toContain('flow.ts:4:1 FLOW_LINT_RESERVED_NAME')
    expect(lintError(found.slice(0, 1)).code).toBe('FLOW_LINT_NEXT_CONDITIONAL')
  })
})
