import { basename } from 'node:path'
import { pythonLauncher } from '@flow/core'
import { worldInfo } from '../hosts.js'
import { shellWords } from '../shell.js'
import type { LaunchInput } from './launcher.js'

/**
 * Shell text that runs DeepSpeed's launcher on a node; it finds the node's place in the variable `node_rank`. It is what
 * the command `deepspeed` starts on each node, and starts it without that command: `deepspeed` itself says 0 when a
 * launcher is killed, ends other gangs' launchers by `pkill -f`, and sends along what `~/.deepspeed_env` has.
 */
export function nodeCommand(input: LaunchInput, rank: readonly string[]): string {
  const { hosts, given, python, master, options } = input
  // The rank wrapper comes before Python, and --local_rank after the program's name.
  const own = ['--no_python', '--no_local_rank']
  const where = [`--world_info=${worldInfo(hosts)}`, `--master_addr=${master.address}`, `--master_port=${master.port}`]
  const launcher = [python, '-u', ...pythonLauncher('deepspeed.launcher.launch', 'deepspeed')]
  const launch = [...launcher, ...where, ...given.perNode, ...own]
  return `cd ${shellWords([options.cwd ?? '.'])} && exec ${shellWords(launch)} --node_rank="$node_rank" ${shellWords([...rank, ...rankProgram(input)])}`
}

/** The program's words, with `--local_rank` where DeepSpeed's launcher puts it: behind the program's name. */
export function rankProgram({ program, given }: Pick<LaunchInput, 'program' | 'given'>): readonly string[] {
  if (given.isNoLocalRank) return program
  const name = /^python[\d.]*$/.test(basename(program[0] ?? '')) ? nameAfterPython(program) : 0
  const head = shellWords(program.slice(0, name + 1))
  return ['sh', '-c', `exec ${head} --local_rank="$LOCAL_RANK" ${shellWords(program.slice(name + 1))}`]
}

/** After Python's own options the file, or what `-m` or `-c` has; the last word where Python has options only. */
function nameAfterPython(program: readonly string[]): number {
  for (let index = 1; index < program.length; index++) {
    const word = program[index] ?? ''
    // With their values in the next word, as `-W ignore`; single letters may share a word, as in `-uW ignore`.
    if (word === '--check-hash-based-pycs' || /^-[^-mcWX]*[WX]$/.test(word)) index++
    // A name in the same word, as `-mpkg.train`. The dash alone is standard input.
    else if (!word.startsWith('-') || word === '-' || /^-[^-mcWX]*[mc]./.test(word)) return index
  }
  return program.length - 1
}

/** What DeepSpeed's launcher itself gets on each node, `{dir}` aside, which core would replace. */
export function launcherEnvironment({ options }: LaunchInput): Record<string, string> {
  const entries = Object.entries(options.env ?? {})
  return Object.fromEntries(entries.filter((pair): pair is [string, string] => pair[1] !== undefined))
}
