import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { addOptions } from '../../src/cli/commands/run.js'
import { addParameters } from '../../src/cli/commands/run-parameters.js'
import { runFlags } from '../../src/flow/graph/parameters.js'
import { describeFlow, Flow, parameter } from '../../src/flow/index.js'

class Train extends Flow {
  readonly learningRate = parameter({ default: 0.1, help: 'step width' })
  readonly data = parameter({ required: true })
  readonly verbose = parameter({ default: false })
  readonly noCache = parameter({ default: false })
  readonly layers = parameter({ default: [1, 2] })
}

class Clash extends Flow {
  readonly tag = parameter({ default: '' })
}

const { parameters } = describeFlow(Train)

function parse(...argv: string[]): Readonly<Record<string, string>> {
  const command = new Command('run')
    .argument('<file>')
    .option('--json')
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .action(() => {})
  const values = addParameters(command, parameters)
  command.parse(argv, { from: 'user' })
  return values
}

describe('parameters as flags', () => {
  it('are texts by parameter name', () => {
    expect(parse('flow.ts', '--learning-rate', '-0.5', '--json', '--data=a b', '--layers', '[3]')).toEqual({
      learningRate: '-0.5',
      data: 'a b',
      layers: '[3]',
    })
    expect(parse('flow.ts')).toEqual({})
  })

  it('turn booleans on and off', () => {
    expect(parse('flow.ts', '--verbose')).toEqual({ verbose: 'true' })
    expect(parse('flow.ts', '--no-verbose')).toEqual({ verbose: 'false' })
    expect(parse('flow.ts', '--verbose', 'false', '--no-cache')).toEqual({ verbose: 'false', noCache: 'true' })
  })

  it('are suggested, and cannot be flags of flow run', () => {
    expect(() => parse('flow.ts', '--learnin-rate', '1')).toThrow('Did you mean --learning-rate?')
    expect(() => addParameters(new Command().option('--tag <tag>'), describeFlow(Clash).parameters)).toThrow(
      '--tag is a flag of flow run itself',
    )
  })

  it('are listed with their help', () => {
    const command = new Command('run')
    addParameters(command, parameters)
    const help = command.helpInformation()
    expect(help).toMatch(/--learning-rate <number> +step width \(default: 0\.1\)/)
    expect(help).toMatch(/--data <text> +\(required\)/)
    expect(help).toMatch(/--verbose \[true\|false\] +\(default: false\)/)
    expect(help).not.toContain('--no-verbose')
  })
})

it('the flags that the lint refuses are those of flow run', () => {
  const flags = addOptions(new Command('run')).options.map(option => option.long?.replace('--', ''))
  expect(runFlags).toEqual(new Set([...flags, 'help']))
})
