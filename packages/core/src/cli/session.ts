import { resolve } from 'node:path'
import type { Io } from './io.js'
import { colorsFor, MAX_QUEUED, Sink, type Colors } from './output/index.js'

/** Exit codes of `flow`. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** One run of the command `flow`: where it prints, and how it will end. */
export class Session {
  readonly io: Io
  readonly argv: readonly string[]
  readonly out: Sink
  readonly err: Sink
  exitCode: number = exitCodes.ok

  constructor(argv: readonly string[], io: Io) {
    this.argv = argv
    this.io = io
    this.out = new Sink(io.stdout, io.stdout.isTTY === true ? MAX_QUEUED.terminal : MAX_QUEUED.pipe)
    this.err = new Sink(io.stderr)
  }

  /** Colours for standard output. */
  colors(): Promise<Colors> {
    return colorsFor(this.io.stdout, this.io.env)
  }

  /** Colours for standard error. */
  errorColors(): Promise<Colors> {
    return colorsFor(this.io.stderr, this.io.env)
  }

  /** An argument that is a path, made absolute. */
  path(argument: string): string {
    return resolve(this.io.cwd, argument)
  }

  /** Prints a value as JSON on standard output, for `--json`. */
  printJson(value: unknown): void {
    this.out.write(`${JSON.stringify(value, undefined, 2)}\n`)
  }
}
