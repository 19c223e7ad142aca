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

/** The program's words, with `--local_rank` where DeepSpeed's launcher puts it. */
function rankProgram({ program, python, given }: LaunchInput): readonly string[] {
  if (given.isNoLocalRank) return program
  const isPython = program[0] === python
  // After Python's own options the file, or the name behind -m.
  const name = isPython ? program.findIndex((word, index) => index > 0 && !word.startsWith('-')) : 0
  const head = shellWords(program.slice(0, name + 1))
  return ['sh', '-c', `exec ${head} --local_rank="$LOCAL_RANK" ${shellWords(program.slice(name + 1))}`]
}

/** What DeepSpeed's launcher itself gets on each node, `{dir}` aside, which core would replace. */
export function launcherEnvironment({ options }: LaunchInput): Record<string, string> {
  const entries = Object.entries(options.env ?? {})
  return Object.fromEntries(entries.filter((pair): pair is [string, string] => pair[1] !== undefined))
}
