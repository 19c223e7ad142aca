import { renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ReadyContext } from '@flow/core'
import type { SshFiles } from './files.js'
import { shellQuote } from './shell.js'

const sessionProgram = fileURLToPath(new URL('../programs/session.sh', import.meta.url))

/** What is the node's own in a session, whatever its client sent along: who it is, what finds programs, the fence. */
const OWN = /^(?:PATH|LD_LIBRARY_PATH|HOME|TMPDIR|USER|LOGNAME|SHELL|FLOW_.*)$/
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** What sessions on this node get: its working directory, its programs' environment, its fence. */
export class Sessions {
  readonly #ctx: Pick<ReadyContext, 'env' | 'workDir' | 'dir'>
  readonly #files: SshFiles
  #written: string | undefined

  constructor(ctx: Pick<ReadyContext, 'env' | 'workDir' | 'dir'>, files: SshFiles) {
    this.#ctx = ctx
    this.#files = files
  }

  /** Starts a session's command: what `SSH_ORIGINAL_COMMAND` says, or a shell that reads its input. */
  get command(): readonly string[] {
    return ['/bin/sh', sessionProgram, this.#files.environment]
  }

  /** The marks that each process of a session has from its first moment on. */
  get marks(): Readonly<Record<string, string>> {
    const { FLOW_FENCE: fence } = this.#ctx.env
    return fence === undefined ? {} : { FLOW_FENCE: fence }
  }

  /** Writes down what the environment is now: other extensions may have added to it. Before each session. */
  refresh(): void {
    const { env, dir, workDir } = this.#ctx
    const lines = Object.entries({ ...env, FLOW_NODE_DIR: dir })
      .filter(([name]) => NAME.test(name))
      .map(([name, value]) => {
        const line = `export ${name}=${shellQuote(value)}`
        return OWN.test(name) ? line : `[ "\${${name}+set}" ] || ${line}`
      })
    const text = `${lines.join('\n')}\ncd ${shellQuote(workDir)} || exit 126\n`
    if (text === this.#written) return
    try {
      // Whole or not at all: another session may be reading it.
      writeFileSync(`${this.#files.environment}.new`, text, { mode: 0o600 })
      renameSync(`${this.#files.environment}.new`, this.#files.environment)
    } catch {
      // No space is left: sessions get what was written last, or say themselves that there is nothing.
      return
    }
    this.#written = text
  }
}
