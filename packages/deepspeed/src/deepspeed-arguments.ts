import { type ArgumentRecord, argumentWords, FlowError, programWords, type Words } from '@flow/core'
import { launcherNamed } from './launchers/index.js'

/** What the user's options of the command `deepspeed` say. */
export interface DeepSpeedArguments {
  readonly hostfile?: string | undefined
  readonly include?: string | undefined
  readonly exclude?: string | undefined
  readonly numNodes?: number | undefined
  readonly numGpus?: number | undefined
  readonly masterAddr?: string | undefined
  readonly masterPort?: number | undefined
  readonly launcher?: string | undefined
  /** Words for pdsh or mpirun. */
  readonly launcherArgs: readonly string[]
  readonly isModule: boolean
  readonly isNoPython: boolean
  /** The program does not want `--local_rank`. */
  readonly isNoLocalRank: boolean
  /** Options that are for the launcher on each node (deepspeed.launcher.launch), in its own form. */
  readonly perNode: readonly string[]
}

type Kind = 'value' | 'flag' | 'perNodeValue' | 'perNodeFlag' | 'ignored' | 'refused'

/** Options of `deepspeed` 0.19: those that are read here, those for the launcher on each node, those that are settled. */
const KINDS: Readonly<Record<string, Kind>> = {
  hostfile: 'value',
  include: 'value',
  exclude: 'value',
  num_nodes: 'value',
  num_gpus: 'value',
  num_accelerators: 'value',
  master_addr: 'value',
  master_port: 'value',
  launcher: 'value',
  launcher_args: 'value',
  module: 'flag',
  no_python: 'flag',
  no_local_rank: 'flag',
  no_ssh: 'flag',
  bind_core_list: 'perNodeValue',
  log_level: 'perNodeValue',
  bind_cores_to_rank: 'perNodeFlag',
  quiet: 'perNodeFlag',
  no_ssh_check: 'ignored',
  force_multi: 'ignored',
  node_rank: 'refused',
  ssh_port: 'refused',
  venv_script: 'refused',
  save_pid: 'refused',
  autotuning: 'refused',
  enable_each_rank_log: 'refused',
}

const REFUSED_FIX = 'Flow starts the launchers itself, on the nodes of the gang.'

/** What to do instead, where it is something else. */
const REFUSED_FIXES: Readonly<Record<string, string>> = {
  enable_each_rank_log: "Flow keeps each rank's output by itself: `flow logs PATH --rank N` shows it.",
}

const SHORT: Readonly<Record<string, string>> = { '-H': 'hostfile', '-i': 'include', '-e': 'exclude', '-q': 'quiet' }

/**
 * Reads options of the command `deepspeed`, given as words or as a record; dashes and underscores are the same.
 *
 * @throws `FLOW_DEEPSPEED_OPTIONS`
 */
export function readDeepSpeedArguments(args: Words | ArgumentRecord | undefined): DeepSpeedArguments {
  const said = new Map<string, string>()
  const perNode: string[] = []
  const words = argumentWords(args)
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    const [head = '', ...rest] = word.split('=')
    const name = SHORT[head] ?? (head.startsWith('--') ? head.slice(2).replaceAll('-', '_') : '')
    const kind = KINDS[name]
    if (kind === undefined) throw badOption(`${word} is no option of deepspeed`, 'See `deepspeed --help`.')
    if (kind === 'refused') {
      throw badOption(`${head} cannot be used`, REFUSED_FIXES[name] ?? REFUSED_FIX)
    }
    const takesValue = kind === 'value' || kind === 'perNodeValue'
    const value = rest.length > 0 ? rest.join('=') : takesValue ? words[++index] : ''
    if (value === undefined) throw badOption(`${head} has no value`, `Give it one: '${head}=…'.`)
    if (kind === 'perNodeValue') perNode.push(`--${name}=${value}`)
    else if (kind === 'perNodeFlag') perNode.push(`--${name}`)
    else said.set(name, value)
  }
  const number = (name: string): number | undefined => {
    const text = said.get(name)
    if (text === undefined) return undefined
    if (/^[1-9]\d*$/.test(text)) return Number(text)
    throw badOption(`--${name} is ${text}`, 'Give an integer of 1 or more.')
  }
  const launcherArgs = said.get('launcher_args')
  return {
    hostfile: said.get('hostfile'),
    include: said.get('include'),
    exclude: said.get('exclude'),
    numNodes: number('num_nodes'),
    numGpus: number('num_gpus') ?? number('num_accelerators'),
    masterAddr: said.get('master_addr'),
    masterPort: number('master_port'),
    launcher: said.has('no_ssh') ? 'perNode' : launcherNamed(said.get('launcher')),
    launcherArgs: (launcherArgs ?? '').trim() === '' ? [] : programWords(launcherArgs ?? '', undefined, OPTIONS),
    isModule: said.has('module'),
    isNoPython: said.has('no_python'),
    isNoLocalRank: said.has('no_local_rank'),
    perNode,
  }
}

const OPTIONS = 'FLOW_DEEPSPEED_OPTIONS'

function badOption(what: string, fix: string): FlowError {
  return new FlowError(OPTIONS, { message: `deepspeedArgs: ${what}`, fix })
}
