import { FlowError } from '../errors/index.js'
import { type StepDecoration, stepRecords } from './decorations.js'
import { construct, type FlowClass, isFlowClass } from './instance.js'
import { parameterDefinition } from './parameter.js'
import { type ParameterSpec, parameterSpec } from './parameter-spec.js'

/** A step as its class says it. */
export interface StepDescription {
  readonly name: string
  /** As written, top down, without `@step`. */
  readonly decorations: readonly StepDecoration[]
}

/** A flow as its class says it; the graph comes from the source (`parseFlow`). */
export interface FlowDescription {
  /** The class's name. A bundle may have changed it: the graph's `flowName` is the one to show. */
  readonly name: string
  readonly steps: ReadonlyMap<string, StepDescription>
  readonly parameters: readonly ParameterSpec[]
}

/**
 * Reads steps, decorators and parameters off a flow's class. Constructs it once to find the parameters.
 *
 * @throws `FLOW_NOT_A_FLOW` for anything but a subclass of Flow, `FLOW_CLASS_FAILED` when its constructor throws,
 * `FLOW_PARAMETER_NAME` when two parameters share a flag, `FLOW_STEP_NOT_MARKED` for a decorated method without `@step`.
 */
export function describeFlow(flowClass: unknown): FlowDescription {
  if (!isFlowClass(flowClass)) throw notAFlow(flowClass)
  const steps = new Map<string, StepDescription>()
  for (const [name, record] of stepRecords(flowClass)) {
    if (record.isStep) steps.set(name, { name, decorations: record.decorations })
    else throw notMarked(name, record.decorations)
  }
  return { name: flowClass.name, steps, parameters: readParameters(flowClass) }
}

function readParameters(flowClass: FlowClass): readonly ParameterSpec[] {
  const specs: ParameterSpec[] = []
  for (const [name, value] of Object.entries(construct(flowClass))) {
    const definition = parameterDefinition(value)
    if (definition === undefined) continue
    const spec = parameterSpec(name, definition)
    const other = specs.find(one => one.flag === spec.flag)
    if (other !== undefined || spec.flag === '') {
      throw new FlowError('FLOW_PARAMETER_NAME', {
        message:
          other === undefined
            ? `Parameter '${name}' has no flag`
            : `Parameters '${other.name}' and '${name}' share the flag --${spec.flag}`,
        fix: 'Rename one.',
      })
    }
    specs.push(spec)
  }
  return specs
}

function notAFlow(value: unknown): FlowError {
  const what =
    typeof value === 'function' ? `${value.name || 'a function'} does not extend Flow` : `a ${typeof value} is no flow`
  return new FlowError('FLOW_NOT_A_FLOW', {
    message: `${what.charAt(0).toUpperCase()}${what.slice(1)}`,
    fix: "Export a class that extends Flow of '@flow/core'.",
  })
}

function notMarked(name: string, decorations: readonly StepDecoration[]): FlowError {
  return new FlowError('FLOW_STEP_NOT_MARKED', {
    message: `'${name}' has @${decorations[0]?.name ?? ''} but not @step`,
    fix: `Write @step before ${name}.`,
  })
}
