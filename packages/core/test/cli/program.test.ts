import { describe, expect, it } from 'vitest'
import { flow } from './capture.js'

describe('flow', () => {
  it('lists its commands', async () => {
    const { code, stdout, stderr } = await flow(['--help'])
    expect(code).toBe(0)
    expect(stderr).toBe('')
    for (const name of ['run', 'check', 'show', 'logs', 'dump', 'list', 'package', 'kill', 'doctor', 'init']) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    }
  })

  it('shows the same without a command, as a usage error', async () => {
    const { code, stdout, stderr } = await flow([])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Commands:')
  })

  it('suggests a command that is spelled alike', async () => {
    const { code, stdout, stderr } = await flow(['rnu', 'flow.ts'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain("error FLOW_CLI_USAGE: unknown command 'rnu'")
    expect(stderr).toContain('Did you mean run?')
  })

  it('suggests a flag that is spelled alike', async () => {
    const { code, stderr } = await flow(['check', 'flow.ts', '--jsn'])
    expect(code).toBe(2)
    expect(stderr).toContain("error FLOW_CLI_USAGE: unknown option '--jsn'")
    expect(stderr).toContain('Did you mean --json?')
    expect(stderr).toContain('flow check --help')
  })

  it('says what is missing', async () => {
    expect(await flow(['check'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("missing required argument 'file'"),
    })
    expect(await flow(['run'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('flow run needs the file of a flow'),
    })
    expect((await flow(['package', 'list'])).stderr).toContain('see: flow package --help')
  })

  it('refuses a count that is none', async () => {
    const { code, stderr } = await flow(['run', 'flow.ts', '--max-workers', 'many'])
    expect(code).toBe(2)
    expect(stderr).toContain("--max-workers must be an integer, 1 or more; it is 'many'")
  })

  it('prints its version', async () => {
    expect(await flow(['--version'])).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    })
  })

  it.each([[['run', '--help']], [['help', 'run']], [['run', '-h']]])('%j shows the help of run', async argv => {
    const { code, stdout } = await flow(argv)
    expect(code).toBe(0)
    expect(stdout).toContain('--max-workers <n>')
    expect(stdout).toContain('Examples:')
  })

  it.each(['run', 'check', 'show', 'logs', 'dump', 'list', 'kill', 'doctor', 'init'])(
    '%s --help has examples',
    async name => {
      const { code, stdout } = await flow([name, '--help'])
      expect(code).toBe(0)
      expect(stdout).toContain('Examples:\n  flow ')
    },
  )
})
