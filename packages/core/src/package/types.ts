/** One file that travels beside the flow. */
export interface PackageFile {
  /** Relative to `filesDir`, with `/`. */
  readonly path: string
  /** Bytes; for a symbolic link the length of its target. */
  readonly size: number
  /** Permission bits, e.g. 0o755. */
  readonly mode: number
  /** Target of a symbolic link inside the folder, relative to the link. */
  readonly link?: string | undefined
}

/** What every process of a run starts from. Everything in it is named by its content and never changes. */
export interface CodePackage {
  readonly hash: string
  /** `<home>/packages/<hash>`. */
  readonly dir: string
  /** The bundled flow, absolute. Its imports go to the dependency layer. */
  readonly flowModule: string
  /** Program of a body process, absolute. It turns the compile cache on, then loads core's body. */
  readonly bodyModule: string
  /** Program of an agent process, absolute. */
  readonly agentModule: string
  /** Program of a host that is not this machine, absolute. */
  readonly hostModule: string
  /** The files beside the flow, absolute. Copy them to a working directory; never write here. */
  readonly filesDir: string
  readonly files: readonly PackageFile[]
  /** `<home>/deps/<hash>`. */
  readonly depsDir: string
  /** Where the author's sources are on this machine; positions in stacks are mapped to them. */
  readonly flowFile: string
}

/** Core's own modules that the dependency layer holds, absolute paths. */
export interface CoreModules {
  /** Folder of core's package.json. */
  readonly dir: string
  readonly body: string
  readonly agent: string
  /** What stands in for the orchestrator on another machine. */
  readonly host: string
}

export interface BuildPackageOptions {
  /** The flow's file. Absolute, or relative to the working directory. */
  readonly flowFile: string
  /** State directory; `packages`, `deps`, `files` are made under it. */
  readonly home: string
  /** Default: those of the core that runs. */
  readonly core?: CoreModules | undefined
  /** Files of extensions that travel besides those they name by `new URL('...', import.meta.url)`. Absolute. */
  readonly assets?: readonly string[] | undefined
  readonly limits?: PackageLimits | undefined
  readonly onProgress?: ((text: string) => void) | undefined
}

export interface PackageLimits {
  /** Default 256 MiB. */
  readonly bytes?: number | undefined
  /** Default 10,000. */
  readonly files?: number | undefined
}
