import { FlowError } from '../errors/index.js'
import type { Flow } from './flow.js'
import { flowKey, stateKey } from './keys.js'
import { parameterDefinition } from './parameter.js'
import { type FlowState, requireState } from './state.js'
import type { Transition } from './transition.js'

/** A class of steps that can be constructed. */
export type FlowClass = new () => Flow

/** True for a subclass of `Flow`, of any copy of core. */
export function isFlowClass(value: unknown): value is FlowClass {
  return (
    typeof value === 'function' &&
    typeof value.prototype === 'object' &&
    value.prototype !== null &&
    flowKey in value.prototype
  )
}

/**
 * Makes the instance a step runs on. Its parameters have the values given and cannot be written.
 *
 * @param parameters Values by field name, as `ParameterSpec.parse` returned them; one that lacks has its default.
 * @throws `FLOW_CLASS_FAILED` when the class's own constructor throws.
 */
export function instantiate(flowClass: FlowClass, parameters: Readonly<Record<string, unknown>> = {}): Flow {
  const flow = construct(flowClass)
  const names = new Set<string>()
  const initial = new Map<string, unknown>()
  for (const [name, value] of Object.entries(flow)) {
    const definition = parameterDefinition(value)
    if (definition === undefined) {
      initial.set(name, value)
      continue
    }
    names.add(name)
    defineParameter(flow, name, Object.hasOwn(parameters, name) ? parameters[name] : definition.default)
  }
  const state: FlowState = { parameters: names, initial, inherited: new Set(), transition: undefined }
  Object.defineProperty(flow, stateKey, { value: state })
  return flow
}

/** Runs the class's constructor; fields that are parameters hold their markers. */
export function construct(flowClass: FlowClass): Flow {
  try {
    return new flowClass()
  } catch (cause) {
    if (FlowError.is(cause)) throw cause
    throw new FlowError('FLOW_CLASS_FAILED', {
      message: `The flow ${flowClass.name} could not be constructed: ${cause instanceof Error ? cause.message : String(cause)}`,
      why: 'Its constructor or a field initialiser threw. They run in every step, and when the flow is looked at.',
      fix: 'Move work that can fail into the start step.',
      cause,
    })
  }
}

/** Sets `this.input` of a foreach's task. */
export function setInput(flow: object, value: unknown): void {
  Object.defineProperty(flow, 'input', { value, writable: false, enumerable: false, configurable: true })
}

/** What `this.next` decided, once; undefined when the step did not call it. */
export function takeTransition(flow: object): Transition | undefined {
  const state = requireState(flow, 'takeTransition()')
  const { transition } = state
  state.transition = undefined
  return transition
}

function defineParameter(flow: object, name: string, value: unknown): void {
  const frozen = freezePlain(value)
  Object.defineProperty(flow, name, {
    enumerable: true,
    get: () => frozen,
    set: () => {
      throw new FlowError('FLOW_PARAMETER_READ_ONLY', {
        message: `Parameter '${name}' cannot be written`,
        why: 'A parameter has the same value in all steps of a run.',
        fix: 'Copy it into another field and change that.',
      })
    },
  })
}

// A copy: the value may be shared with the class (a default) or with whoever started the run.
function freezePlain(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(freezePlain))
  if (typeof value !== 'object' || value === null) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, one]) => [key, freezePlain(one)])))
}
