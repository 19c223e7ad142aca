import { makeDecorator, type StepDecorator } from './decorations.js'

/**
 * Marks a method as a step of its flow.
 *
 * @throws `FLOW_DECORATOR_MISUSED` on a field, a static or private method, and under "experimentalDecorators".
 *
 * @example
 * export default class Hello extends Flow {
 *   @step start() { this.next(this.end) }
 *   @step end() {}
 * }
 */
export const step: StepDecorator = makeDecorator('step', record => {
  if (record.isStep) return false
  record.isStep = true
  return true
})
