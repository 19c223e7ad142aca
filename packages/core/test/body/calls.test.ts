import { expect, it } from 'vitest'
import { Callee, Caller } from '../../src/body/calls.js'
import { FlowError } from '../../src/errors/index.js'
import type { BodyToOwner, OwnerToBody } from '../../src/body/protocol.js'

/** Both ends, with messages that arrive later, as between processes. */
function connect(dispatch: (method: string) => unknown): Caller {
  const caller: Caller = new Caller((message: BodyToOwner) => setImmediate(() => callee.receive(message)))
  const callee = new Callee(
    (message: OwnerToBody) => setImmediate(() => caller.receive(message)),
    (_, method) => dispatch(method),
  )
  return caller
}

async function aStepThatAsks(caller: Caller, method: string): Promise<unknown> {
  return caller.call('thing', method, []).catch((error: unknown) => error)
}

it('an error of the other side has its own stack and the line that asked', async () => {
  const caller = connect(function anExtension() {
    throw new RangeError('too far')
  })
  const error = (await aStepThatAsks(caller, 'go')) as RangeError
  expect([error.name, error.message]).toEqual(['RangeError', 'too far'])
  expect(error.stack).toMatch(/^RangeError: too far\n[^]* at .*anExtension[^]* at .*aStepThatAsks/)
})

it('a coded error has only the line that asked', async () => {
  const caller = connect(function anExtension() {
    throw new FlowError('FLOW_MINE', { message: 'no', details: { rank: 3 } })
  })
  const error = (await aStepThatAsks(caller, 'go')) as FlowError
  expect([error.code, error.details]).toEqual(['FLOW_MINE', { rank: 3 }])
  expect(error.stack).toMatch(/^FlowError: no\n[^]* at .*aStepThatAsks/)
  expect(error.stack).not.toContain('anExtension')
})
