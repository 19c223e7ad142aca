/** What `@pypi` asks for. */
export interface EnvironmentSpec {
  /** `'3.12'`, or the path of an interpreter. Default: the `python3` that is found. */
  readonly python?: string | undefined
  /** By package name (extras in brackets): a version (`'5.0.11'`), a range (`'>=1,<2'`), a URL, or `'*'`. */
  readonly packages: Readonly<Record<string, string>>
  /** As pip's `--index-url`, `--extra-index-url`, `--find-links`; they take the place of pip's own settings. */
  readonly index?: string | undefined
  readonly extraIndex?: string | readonly string[] | undefined
  readonly findLinks?: string | readonly string[] | undefined
}

export interface EnvironmentOptions {
  /** Default `$FLOW_CACHE_DIR`, else `$XDG_CACHE_HOME/flow`, else `~/.cache/flow`. */
  readonly cacheDir?: string | undefined
  /** Where programs and settings are looked up. Default `process.env`. */
  readonly env?: Readonly<NodeJS.ProcessEnv> | undefined
  /** Each line that the installer prints. */
  readonly onProgress?: ((text: string) => void) | undefined
  /** Stops the installer with all its processes and removes what it made so far. */
  readonly signal?: AbortSignal | undefined
}

/** A Python environment on this machine. */
export interface Environment {
  readonly dir: string
  /** Goes first on PATH. */
  readonly bin: string
  readonly python: string
  readonly hash: string
  /** False when it was there already. */
  readonly created: boolean
}
