/**
 * An artifact as the metadata knows it: what it is and where its bytes are, never the value itself.
 * `json` is UTF-8 JSON (with a `type` it is a record of Flow's own, such as 'failure', that is frozen when it is loaded); `bytes` the raw bytes of a Buffer, ArrayBuffer or typed array (`type` names which, little
 * endian); `v8` a structured clone for what JSON cannot say (Map, Set, Date, bigint, nested typed arrays);
 * `file` the bytes of one file; `dir` JSON of a listing whose entries are blobs of their own.
 */
export interface ArtifactRef {
  /** sha256 of the stored value, hex: also the blob's name. */
  readonly hash: string
  readonly encoding: 'json' | 'bytes' | 'v8' | 'file' | 'dir'
  /** Bytes of the value, before compression; for `dir` of all its files. */
  readonly size: number
  /** For `bytes`: 'Buffer', 'Float64Array', ...; for `json`: 'failure', or none; for `file` and `dir`: the path the value was made from. */
  readonly type?: string | undefined
  /** For `file` and `dir`: its permission bits. Absent where an older Flow stored it. */
  readonly mode?: number | undefined
}

/** All artifacts of one node of one task, by field name. */
export type Artifacts = Readonly<Record<string, ArtifactRef>>
