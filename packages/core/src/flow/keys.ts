/**
 * Keys under which authoring leaves its marks on classes and instances. By `Symbol.for`, as the flow's bundle and the
 * process that runs it may each hold a copy of core.
 */

/** On Flow's prototype: true. */
export const flowKey = Symbol.for('@flow/core.Flow')
/** In a class's metadata: its own steps and their decorations. */
export const stepsKey = Symbol.for('@flow/core.steps')
/** On what `parameter()` returns: its definition. */
export const parameterKey = Symbol.for('@flow/core.parameter')
/** On an instance: what the running step knows and decides. */
export const stateKey = Symbol.for('@flow/core.state')
/** On instances and inputs: {@link ArtifactTable}. */
export const artifactsKey = Symbol.for('@flow/core.artifacts')
/** On what `file()` returns. */
export const fileKey = Symbol.for('@flow/core.file')
