import { shellQuote } from './shell.js'

/** In the environment of what `exec` starts on a node, so that it can be found there again. */
const MARK = 'FLOW_SSH_EXEC'

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Runs one command line on a node, as text for its `sh`. */
export function execScript({
  line,
  cwd,
  env,
  mark,
}: {
  readonly line: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly mark: string
}): string {
  const variables = Object.entries({ ...env, [MARK]: mark })
    .filter(([name]) => NAME.test(name))
    .map(([name, value]) => (value === undefined ? `unset ${name}` : `export ${name}=${shellQuote(value)}`))
  // This shell stays, and turns a signal into a status, which is all ssh can tell. Its own words about that (`Killed`)
  // are not the command's; dash says them where the command's stderr goes, unless that is a subshell's.
  return `${variables.join('\n')}
cd -- ${shellQuote(cwd)} || exit 126
exec 3>&2 2>/dev/null
(exec /bin/sh -c ${shellQuote(line)} </dev/null 2>&3 3>&-)
exit $?
`
}

/** Ends what an `exec` of this mark left on a node: SIGTERM, a second, SIGKILL. */
export function endScript(mark: string): string {
  return `members() { grep -lzs '^${MARK}=${mark}$' /proc/[0-9]*/environ | cut -d/ -f3; }
found=$(members)
[ -n "$found" ] || exit 0
kill -TERM $found 2>/dev/null
for round in 1 2 3 4 5 6 7 8 9 10; do
  found=$(members)
  [ -n "$found" ] || exit 0
  sleep 0.1
done
kill -KILL $found 2>/dev/null
exit 0
`
}
