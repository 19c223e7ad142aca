import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { describeFlow, Flow, parameter, resolveParameters } from '../../src/flow/index.js'

class P extends Flow {
  text = parameter({ default: 'a' })
  count = parameter({ default: 1 })
  isOn = parameter({ default: false })
  list = parameter({ default: [1] })
  object = parameter({ default: { a: 1 } })
  nothing = parameter<number | null>({ default: null })
  zNumber = parameter(z.number().int().min(1))
  zOptional = parameter(z.string().optional())
  zBoolean = parameter(z.boolean().default(true), { help: 'on or off' })
  zDate = parameter(z.coerce.date().default(new Date(0)))
  zUnion = parameter(z.union([z.number(), z.literal('auto')]).default('auto'))
  zObject = parameter(z.object({ a: z.number() }).default({ a: 1 }))
  zLater = parameter(
    z
      .string()
      .refine(async value => Promise.resolve(value !== 'bad'))
      .default('good'),
  )
}

const { parameters } = describeFlow(P)
const spec = (name: string) => {
  const found = parameters.find(one => one.name === name)
  if (found === undefined) throw new Error(name)
  return found
}

describe('parameters', () => {
  it('know their kind, from the default or the JSON Schema', () => {
    expect(Object.fromEntries(parameters.map(one => [one.name, `${one.kind}${one.required ? '!' : ''}`]))).toEqual({
      text: 'string',
      count: 'number',
      isOn: 'boolean',
      list: 'json',
      object: 'json',
      nothing: 'json',
      zNumber: 'number!',
      zOptional: 'string',
      zBoolean: 'boolean',
      zDate: 'json',
      zUnion: 'json',
      zObject: 'json',
      zLater: 'string',
    })
    expect(spec('zBoolean')).toMatchObject({ flag: 'z-boolean', help: 'on or off', hasDefault: true, default: true })
    expect(spec('zLater')).toMatchObject({ hasDefault: true, default: 'good' })
  })

  it.each([
    ['text', '5', '5'],
    ['count', '5', 5],
    ['count', '-1e3', -1000],
    ['isOn', 'true', true],
    ['isOn', 'no', false],
    ['list', '[2,3]', [2, 3]],
    ['object', '{"b":2}', { b: 2 }],
    ['nothing', '7', 7],
    ['zNumber', '3', 3],
    ['zOptional', 'x', 'x'],
    ['zBoolean', 'false', false],
    ['zDate', '2020-01-01', new Date('2020-01-01')],
    ['zUnion', '4', 4],
    ['zUnion', 'auto', 'auto'],
    ['zObject', '{"a":2}', { a: 2 }],
    ['zLater', 'fine', 'fine'],
  ])('read %s from %j', async (name, text, value) => {
    expect(await spec(name).parse(text)).toEqual(value)
  })

  it.each([
    ['count', 'x'],
    ['count', ''],
    ['isOn', 'maybe'],
    ['list', '{}'],
    ['list', 'x'],
    ['object', '[]'],
    ['zNumber', 'x'],
    ['zNumber', '0'],
    ['zNumber', '1.5'],
    ['zUnion', 'never'],
    ['zObject', '{"a":"x"}'],
    ['zDate', 'never'],
    ['zLater', 'bad'],
  ])('refuse for %s the text %j', async (name, text) => {
    await expect(spec(name).parse(text)).rejects.toMatchObject({
      code: 'FLOW_PARAMETER_INVALID',
      message: expect.stringContaining(`Parameter '${name}'`) as string,
    })
  })

  it('are resolved together', async () => {
    const values = await resolveParameters(parameters, { zNumber: '3', text: 'b' }, { text: true })
    expect(values).toMatchObject({ zNumber: 3, text: 'b', count: 1, zOptional: undefined, zUnion: 'auto' })
    expect(await resolveParameters(parameters, { zNumber: 3, list: [9] })).toMatchObject({ zNumber: 3, list: [9] })
    await expect(resolveParameters(parameters, {})).rejects.toMatchObject({
      code: 'FLOW_PARAMETER_MISSING',
      fix: 'Add --z-number ….',
    })
    await expect(resolveParameters(parameters, { zNumber: '3' })).rejects.toMatchObject({
      code: 'FLOW_PARAMETER_INVALID',
    })
    await expect(resolveParameters(parameters, { zNumber: 3, nope: 1 })).rejects.toMatchObject({
      code: 'FLOW_PARAMETER_UNKNOWN',
    })
  })

  it('need a schema, a default or required', () => {
    expect(() => parameter({} as { default: number })).toThrow(
      expect.objectContaining({ code: 'FLOW_PARAMETER_DEFINITION' }),
    )
  })

  it('are what JSON can say, also after their schema', async () => {
    class Big extends Flow {
      big = parameter(z.coerce.bigint())
    }
    await expect(resolveParameters(describeFlow(Big).parameters, { big: '7' }, { text: true })).rejects.toMatchObject({
      code: 'FLOW_PARAMETER_INVALID',
      message: expect.stringContaining("Parameter 'big'"),
    })
  })

  it.each([1n, () => 1, new Date(0), { a: [new Map()] }])('have a default that JSON can say, not %o', value => {
    class Odd extends Flow {
      odd = parameter({ default: value })
    }
    expect(() => describeFlow(Odd)).toThrow(
      expect.objectContaining({
        code: 'FLOW_PARAMETER_DEFINITION',
        message: expect.stringContaining("Parameter 'odd'"),
      }),
    )
  })
})
