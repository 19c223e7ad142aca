import type { Readable, Writable } from 'node:stream'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { GangPlan } from '../gang/index.js'
import type { ExitStatus } from '../process/index.js'

/** What a backend is asked for: all nodes of one attempt, or none. {@link defineBackend} */
export interface BackendRequest {
  /** `Flow/run/step/task` */
  readonly task: string
  /** Number of the attempt, from 0. */
  readonly attempt: number
  /** Number of nodes. */
  readonly size: number
  /** Names this attempt: 16 hex digits, random, no secret. Fit for names of containers and jobs. */
  readonly name: string
  /** What `@resources` asks for on each node. `memory` in MB. */
  readonly resources: GangPlan['resources']
  /** Aborted when the nodes are wanted no more, while they are being started or later. */
  readonly signal: AbortSignal
  /**
   * The program to start on each node, with its arguments. It has no secret in it and is the same for all nodes. Quote
   * it where it goes through a shell.
   *
   * @param options `node` is the Node.js of the host, a path or a name on its PATH. Default 'node'.
   */
  command(options?: { readonly node?: string | undefined }): readonly string[]
}

/**
 * One started program. Its `input` and `output` are the orchestrator link: what the program reads and writes, byte for
 * byte, with nothing else in between (no terminal). Lines that the host prints before the program starts are skipped.
 * {@link defineBackend}
 */
export interface StartedNode {
  /** The address, IPv4 or IPv6, by which the other nodes reach this one. */
  readonly address: string
  /** Names the machine or container: nodes with the same `host` share its files, and the code goes there once. */
  readonly host: string
  readonly input: Writable
  readonly output: Readable
  /** What the program says outside of the link: the reason when it dies. */
  readonly stderr: Readable
  /** Settles when the program is gone, with its own exit code or signal as far as they are known. */
  readonly exited: Promise<ExitStatus>
  /**
   * Ends the program, whatever it does, and all of the node where the backend can (a container, a cgroup). The end of
   * the link alone ends a node too, but only as long as its supervisor lives.
   */
  kill(): void
}

/** The nodes of one attempt, in order: the first is control. Disposing releases them. {@link defineBackend} */
export interface StartedNodes extends AsyncDisposable {
  readonly nodes: readonly StartedNode[]
  /** Where the nodes' directories are made: a short path without spaces or colons, the same on all. Default '/tmp'. */
  readonly tempDir?: string | undefined
  /** Where the code is kept between runs. Default: `flow` in the user's cache directory on that host. */
  readonly cacheDir?: string | undefined
}

/** What makes a backend. `Options` is what its schema gives. {@link defineBackend} */
export interface BackendDefinition<Options> {
  /** The word for it in the plan and in messages. */
  readonly name: string
  /**
   * Reads what stands behind the colon of `--with NAME:key=value,…`; every value is a text. Any Standard Schema (zod,
   * valibot, …). Without a schema the backend takes no options.
   */
  readonly options?: StandardSchemaV1<unknown, Options> | undefined
  /**
   * Starts `request.command()` on `request.size` nodes at once. Rejects when it cannot have all of them, and leaves
   * nothing behind then.
   */
  start(request: BackendRequest, options: Options): Promise<StartedNodes>
}
