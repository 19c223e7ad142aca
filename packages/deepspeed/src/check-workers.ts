import { type ControlContext, FlowError } from '@flow/core'
import { PYPI_LINE } from './doctor.js'
import type { Host } from './hosts.js'

const NO_DEEPSPEED = 3
const NO_SCRIPT = 4

const CHECK = `import importlib.util, os, sys
if importlib.util.find_spec('deepspeed') is None: sys.exit(${NO_DEEPSPEED})
if sys.argv[1] and not os.access(sys.argv[1], os.R_OK): sys.exit(${NO_SCRIPT})`

/** Whether the workers have what control was found to have: Python knows it only when its launcher has started. */
export async function checkWorkers(
  ctx: ControlContext,
  hosts: readonly Host[],
  {
    python,
    script,
    cwd,
  }: { readonly python: string; readonly script: string | undefined; readonly cwd: string | undefined },
): Promise<void> {
  const workers = hosts.filter(({ index }) => index !== ctx.me.index)
  await Promise.all(
    workers.map(async ({ index, name }) => {
      const { exitCode } = await ctx
        .execOn(index, [python, '-c', CHECK, script ?? ''], { cwd })
        .catch((cause: unknown) => {
          throw notChecked(cause, { python, name })
        })
      if (exitCode === NO_DEEPSPEED) throw missing(`${python} has no DeepSpeed (${name})`)
      if (exitCode !== NO_SCRIPT) return
      throw new FlowError('FLOW_DEEPSPEED_PROGRAM_MISSING', {
        message: `${script} was not found on ${name}`,
        fix: 'Check the name. Files beside the flow are on every node; what a step makes is on its node only.',
      })
    }),
  )
}

/** A Python that is not there is missing; what else kept it from starting is told as it is, with the node's name. */
function notChecked(cause: unknown, { python, name }: { readonly python: string; readonly name: string }): unknown {
  if (!FlowError.is(cause) || cause.code !== 'FLOW_PROGRAM_NOT_STARTED') return cause
  if (cause.details?.['errno'] === 'ENOENT' && cause.details['folder'] === undefined)
    return missing(`There is no ${python} on the PATH of this step (${name})`, cause)
  const { code, message, why, fix, details } = cause
  return new FlowError(code, { message: `${message} (${name})`, why, fix, details, cause })
}

function missing(message: string, cause?: unknown): FlowError {
  return new FlowError('FLOW_DEEPSPEED_MISSING', {
    message,
    fix: `Add ${PYPI_LINE} to the step, or put a Python with DeepSpeed first on its PATH.`,
    cause,
  })
}
