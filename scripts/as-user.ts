import { spawn, spawnSync } from 'node:child_process'
import { chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'

/**
 * Runs a command of the repository as an ordinary user: `node scripts/as-user.ts vitest run …`. Whoever is root
 * becomes `nobody`, in a copy of the repository and with a home that are nobody's own; both go when the command has ended.
 */
const root = resolve(import.meta.dirname, '..')
// By number: it is the same everywhere, and most systems have an entry for it, which sshd and some MPIs want.
const NOBODY = 65534
const nobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--']
const REPORT = '--outputFile.json='

process.exitCode = process.getuid?.() === 0 ? await runAsNobody() : await run(process.argv.slice(2), root, process.env)

async function runAsNobody(): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'flow-user-'))
  const [repository, home, report] = [join(dir, 'repository'), join(dir, 'home'), join(dir, 'report.json')]
  try {
    for (const path of [repository, home]) mkdirSync(path)
    for (const path of [dir, repository, home]) chownSync(path, NOBODY, NOBODY)
    copyRepository(repository)
    // Nobody may write the report where root wants it.
    const wanted = process.argv.find(argument => argument.startsWith(REPORT))?.slice(REPORT.length)
    const command = process.argv
      .slice(2)
      .map(argument => (argument.startsWith(REPORT) ? `${REPORT}${report}` : argument))
    const exitCode = await run([...nobody, ...command], repository, environment(repository, home))
    if (wanted !== undefined && existsSync(report)) copyFileSync(report, wanted)
    return exitCode
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function copyRepository(to: string): void {
  const script =
    'from=$1 to=$2; shift 2; tar -C "$from" --exclude=./.git --exclude=.flow -cf - . | "$@" tar -C "$to" -xf -'
  const { status } = spawnSync('sh', ['-c', script, 'sh', root, to, ...nobody], { stdio: 'inherit' })
  if (status !== 0) throw new Error(`${root} could not be copied to ${to}`)
}

function environment(repository: string, home: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(XDG_|npm_|SUDO_)/.test(name))
  const path = [join(repository, 'node_modules/.bin'), process.env['PATH']].join(delimiter)
  return { ...Object.fromEntries(own), HOME: home, USER: 'nobody', LOGNAME: 'nobody', PATH: path }
}

function run(command: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<number> {
  const [program = 'true', ...args] = command
  return new Promise(settle => {
    const child = spawn(program, args, { cwd, env, stdio: 'inherit' })
    // What is told to end takes its copy along.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal))
    child.once('error', error => {
      console.error(String(error))
      settle(127)
    })
    child.once('exit', code => settle(code ?? 1))
  })
}
