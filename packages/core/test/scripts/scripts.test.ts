import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type RankEnd, StandInGang } from './fixtures/stand-in-gang.js'

const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' }

/** A launcher in a line of shell: calls the launch agent as mpirun does, for a rank on each of these nodes. */
async function launch(gang: StandInGang, program: readonly string[], nodes: readonly number[] = [1], input?: string) {
  const words = [...gang.rankPrefix, ...program].map(word => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ')
  const calls = nodes.map(
    (node, rank) => `"$P" -q -x node${node} "PMI_RANK=${rank} exec" "$WORDS" <&0 & pids="$pids $!"`,
  )
  const script = `pids=; ${calls.join('\n')}\nworst=0; for pid in $pids; do wait $pid || worst=$?; done; exit $worst`
  const { status, output } = await gang.run(['/bin/sh', '-c', script], { P: gang.agent, WORDS: words }, input)
  return { status, output, ranks: gang.ranks.toSorted((a, b) => a.rank - b.rank) }
}

async function one(
  program: readonly string[],
  options: { readonly rankEnv?: Record<string, string> } = {},
): Promise<RankEnd & { readonly launcher: number }> {
  using gang = new StandInGang(2, env, {}, options.rankEnv)
  const { status, ranks } = await launch(gang, program)
  const rank = ranks[0]
  if (rank === undefined) throw new Error('no rank started')
  return { ...rank, launcher: status }
}

test('a rank runs on its node, with the environment and in the directory that the agent wrote', async () => {
  using gang = new StandInGang(3, env, {}, { GREETING: "it's me" })
  const { status, ranks } = await launch(
    gang,
    ['sh', '-c', 'echo "$GREETING on $FLOW_TEST_NODE in $PWD"; echo oops >&2'],
    [2, 0],
  )
  expect(status).toBe(0)
  expect(ranks.map(rank => [rank.rank, rank.node, rank.status])).toEqual([
    [0, 2, 0],
    [1, 0, 0],
  ])
  expect(ranks.map(rank => rank.stdout)).toEqual([
    `it's me on 2 in ${gang.dir(2)}\n`,
    `it's me on 0 in ${gang.dir(0)}\n`,
  ])
  expect(ranks.map(rank => rank.stderr)).toEqual(['oops\n', 'oops\n'])
})

test('words of the program arrive as they are', async () => {
  expect((await one(['printf', '[%s]', 'a b', '$HOME', '*', "'", '"', ''])).stdout).toBe(`[a b][$HOME][*][']["][]`)
})

test('the pid that is reported is the program itself', async () => {
  const rank = await one(['sh', '-c', 'echo $$'])
  expect(rank.stdout).toBe(`${rank.pid}\n`)
})

test.each([
  ['an exit code', 'exit 3', 3],
  ['a signal, as shells tell it', 'kill -KILL $$', 137],
  ['SIGINT, which is not ignored', 'kill -INT $$', 130],
])('%s reaches the agent and the launcher', async (_, script, status) => {
  expect(await one(['sh', '-c', script])).toMatchObject({ status, launcher: status })
})

test('a program that is missing, or cannot be executed, is told apart by status and stderr', async () => {
  expect(await one(['/no/such/program'])).toMatchObject({
    status: 127,
    stderr: expect.stringMatching(/exec: \/no\/such\/program: not found\n$/) as string,
  })
  expect(await one(['/etc/passwd'])).toMatchObject({
    status: 126,
    stderr: expect.stringMatching(/exec: \/etc\/passwd: Permission denied\n$/) as string,
  })
})

test('a megabyte comes through whole', async () => {
  const rank = await one(['sh', '-c', 'head -c 1000000 /dev/zero | tr "\\0" x; echo; echo end >&2'])
  expect(rank.stdout.length).toBe(1_000_001)
  expect(rank.stderr).toBe('end\n')
})

test('a signal to the launch agent reaches the daemon', async () => {
  using gang = new StandInGang(2, env)
  const running = gang.run(
    ['/bin/sh', '-c', `exec "$P" node1 "trap 'exit 9' TERM; echo up >&2; while :; do sleep 1 & wait \\$!; done"`],
    { P: gang.agent },
  )
  await gang.daemonSays('up')
  gang.launcher?.kill('SIGTERM')
  expect((await running).status).toBe(9)
  expect(gang.events.some(event => event.startsWith('signal ') && event.endsWith(' TERM'))).toBe(true)
})

test("the end of the launcher's pipe ends the input of the daemon; /dev/null is no pipe", async () => {
  using gang = new StandInGang(2, env)
  expect(
    (await gang.run(['/bin/sh', '-c', 'exec "$P" -x node1 "cat >/dev/null; exit 4"'], { P: gang.agent })).status,
  ).toBe(4)
  expect(gang.events.some(event => event.startsWith('eof '))).toBe(true)
  using other = new StandInGang(2, env)
  expect((await other.run(['/bin/sh', '-c', '"$P" node1 "exit 5" </dev/null'], { P: other.agent })).status).toBe(5)
  expect(other.events.some(event => event.startsWith('eof '))).toBe(false)
})

test('a host that is no node fails at once, never with 0', async () => {
  using gang = new StandInGang(2, env)
  expect((await gang.run(['/bin/sh', '-c', 'exec "$P" node7 true'], { P: gang.agent })).status).toBe(255)
})

test('a launch agent ends when the agent dies', async () => {
  using gang = new StandInGang(2, env)
  const running = gang.run(['/bin/sh', '-c', 'exec "$P" node1 "echo up >&2; sleep 60"'], { P: gang.agent })
  await gang.daemonSays('up')
  gang.loseReplies()
  expect((await running).status).toBe(255)
})

test('a command longer than a pipe takes at once arrives whole', async () => {
  using gang = new StandInGang(2, env)
  const script = `${gang.dir(0)}/long`
  const long = 'x'.repeat(100_000)
  writeFileSync(script, `exec "$P" node1 'word=${long};' 'test \${#word} = 100000'\n`)
  expect((await gang.run(['/bin/sh', script], { P: gang.agent })).status).toBe(0)
})
