import { access, constants, readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { FlowError } from '../../errors/index.js'
import { findProgram } from '../../process/find-program.js'
import type { NodeContext } from '../hooks/index.js'
import { MISSING_FIX } from './failure.js'
import { type ArgumentRecord, argumentWords, programWords, type Words } from './words.js'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The Python that comes first on the PATH of `env`: `python3`, else `python`; undefined when there is none.
 *
 * @example
 * const python = await pythonOnPath(process.env)
 */
export async function pythonOnPath(env: Environment): Promise<string | undefined> {
  return (await findProgram('python3', env)) ?? findProgram('python', env)
}

/** What {@link findPython} looks for, and what it says when it is not there. */
export interface FindPythonOptions {
  /** A module that it must be able to import, e.g. 'torch'. Only looked for: importing it may take seconds. */
  readonly module: string
  /** The framework as messages name it, e.g. 'PyTorch'. */
  readonly title: string
  /** Prefix of the code, e.g. 'FLOW_TORCHRUN': `_MISSING` is appended. */
  readonly codes: string
  /** How to get it, e.g. "@pypi({ packages: { torch: '2.13.0' } })". */
  readonly pypi: string
}

/**
 * The Python of this node that has a framework: the first on its PATH.
 *
 * @returns Its absolute path.
 * @throws the error `codes`_MISSING when there is none, or the module is not installed for it.
 *
 * @example
 * function findTorch(ctx: NodeContext): Promise<string> {
 *   const pypi = "@pypi({ packages: { torch: '2.13.0' } })"
 *   return findPython(ctx, { module: 'torch', title: 'PyTorch', codes: 'FLOW_MINE', pypi })
 * }
 */
export async function findPython(
  ctx: Pick<NodeContext, 'env' | 'exec' | 'me'>,
  { module, title, codes, pypi }: FindPythonOptions,
): Promise<string> {
  const python = await pythonOnPath(ctx.env)
  if (python !== undefined && (await isInEnvironment(python, module))) return python
  const check = python === undefined ? undefined : await ctx.exec([python, '-c', HAS_MODULE, module])
  if (python !== undefined && check?.exitCode === 0) return python
  throw new FlowError(`${codes}_MISSING`, {
    message:
      python === undefined
        ? `There is no python3 on the PATH of this step (${ctx.me.name})`
        : `${python} has no ${title} (${ctx.me.name})`,
    why: python === undefined ? `PATH is ${ctx.env['PATH'] ?? '(not set)'}` : check?.stderr.trim() || undefined,
    fix: `Add ${pypi} to the step, or put a Python with ${title} first on its PATH.`,
  })
}

const HAS_MODULE = 'import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)'

/**
 * Whether a virtual environment, as `@pypi` makes them, has a module in its own folder. Python itself would say so too,
 * and of all other places: later, and for the start of a process.
 */
async function isInEnvironment(python: string, module: string): Promise<boolean> {
  const environment = dirname(dirname(python))
  try {
    await access(join(environment, 'pyvenv.cfg'))
    for (const name of await readdir(join(environment, 'lib'))) {
      if (!name.startsWith('python')) continue
      await access(join(environment, 'lib', name, 'site-packages', module, '__init__.py'))
      return true
    }
  } catch {
    // It is not there, or is no package: Python knows.
  }
  return false
}

/**
 * The words behind Python that run `main()` of a launcher's module, as its console script does. Python's collector is
 * kept from all that the import makes: going through it, again and again and once more at the end, is a quarter of the
 * time that a launcher which imports PyTorch takes by itself.
 *
 * @param module Has a function `main` that takes its arguments from `sys.argv`.
 * @param name What the launcher calls itself in its messages.
 *
 * @example
 * const torchrun = pythonLauncher('torch.distributed.run', 'torchrun')
 * const command = ['python3', ...torchrun, '--nproc-per-node=2', 'train.py']
 */
export function pythonLauncher(module: string, name: string): string[] {
  const lines = [
    'import gc, sys',
    'gc.disable()',
    `from ${module} import main`,
    'gc.freeze()',
    'gc.enable()',
    `sys.argv[0] = '${name}'`,
    'sys.exit(main())',
  ]
  return ['-c', lines.join('; ')]
}

/** A program as users of {@link pythonProgram} name it; extensions add it to the options of their `run`. */
export interface PythonEntrypoint {
  /**
   * The program of each rank: a path ending in `.py` (with more words, if it has any) is run by the step's Python, and
   * so is `-m MODULE`; anything else is run as it is. A string is split into words as a shell would (nothing is
   * expanded), a list is taken as it is.
   */
  readonly entrypoint: string | Words
  /** Words for the program, or a record of its options: `{ epochs: 3 }` is `--epochs=3`. */
  readonly entrypointArgs?: Words | ArgumentRecord | undefined
}

/** What {@link pythonProgram} shall run. */
export interface PythonProgramOptions extends PythonEntrypoint {
  /** The Python that runs it, e.g. from {@link findPython}. */
  readonly python: string
  /** Where it runs, relative to the step's working directory. Default: there. */
  readonly cwd?: string | undefined
  /** True for a program that is not on this node yet: it is not looked for. Default false. */
  readonly isElsewhere?: boolean | undefined
  /** Prefix of the codes, e.g. 'FLOW_TORCHRUN': `_PROGRAM_INVALID` and `_PROGRAM_MISSING` are appended. */
  readonly codes: string
}

/**
 * The words of a command line for a program that is Python's, as users name it. A Python file has to be there: Python
 * itself ends with code 2 when it is not, as programs do for reasons of their own.
 *
 * @returns The words; those of a Python program begin with `python`.
 * @throws the errors `codes`_PROGRAM_INVALID and `codes`_PROGRAM_MISSING.
 *
 * @example
 * function train(ctx: NodeContext, python: string): Promise<string[]> {
 *   return pythonProgram(ctx, { entrypoint: 'train.py', entrypointArgs: { epochs: 3 }, python, codes: 'FLOW_MINE' })
 * }
 */
export async function pythonProgram(
  ctx: Pick<NodeContext, 'me' | 'workDir'>,
  { entrypoint, entrypointArgs, python, cwd, isElsewhere = false, codes }: PythonProgramOptions,
): Promise<string[]> {
  const words = programWords(entrypoint, argumentWords(entrypointArgs), `${codes}_PROGRAM_INVALID`)
  const [first = ''] = words
  if (first.startsWith('-')) return [python, ...words]
  if (!first.endsWith('.py')) return words
  if (isElsewhere) return [python, ...words]
  const path = resolve(ctx.workDir, cwd ?? '.', first)
  try {
    await access(path, constants.R_OK)
  } catch (cause) {
    throw new FlowError(`${codes}_PROGRAM_MISSING`, {
      message: `${first} was not found on ${ctx.me.name}`,
      why: `It would be ${path}.`,
      fix: MISSING_FIX,
      cause,
    })
  }
  return [python, ...words]
}
