import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { current, setCurrent } from '../../src/flow/index.js'

const code = (wanted: string) => expect.objectContaining({ code: wanted })
const any = current as unknown as Record<string, unknown>

afterEach(() => setCurrent(undefined))

describe('current', () => {
  it('shows the running step', () => {
    setCurrent({ flowName: 'F', stepName: 'train', attempt: 0 })
    expect([current.flowName, current.attempt, 'flowName' in current, 'mpi' in current]).toEqual(['F', 0, true, false])
    expect({ ...current }).toEqual({ flowName: 'F', stepName: 'train', attempt: 0 })
  })

  it('names what is missing', () => {
    expect(() => current.runId).toThrow(code('FLOW_CURRENT_OUTSIDE_STEP'))
    setCurrent({ stepName: 'train' })
    expect(() => any['mpi']).toThrow('current.mpi is not here: step train has no @mpi()')
    expect(() => current.gang).toThrow('current.gang is not here: step train does not run on a gang')
    expect(() => {
      any['runId'] = 1
    }).toThrow(code('FLOW_CURRENT_READ_ONLY'))
    expect(() => {
      delete any['runId']
    }).toThrow(code('FLOW_CURRENT_READ_ONLY'))
  })

  it.each([
    ['outside a step', undefined],
    ['inside', { stepName: 'train' }],
  ])('can be awaited, spread, printed and compared %s', async (_, values) => {
    setCurrent(values)
    expect(await Promise.resolve(current)).toBe(current)
    expect({ ...current }).toEqual(values ?? {})
    expect(JSON.parse(JSON.stringify(current))).toEqual(values ?? {})
    expect(inspect(current)).toBe(inspect(values ?? {}))
    expect(Object.prototype.toString.call(current)).toBe('[object Current]')
    expect(Object.keys(current)).toEqual(Object.keys(values ?? {}))
  })
})
