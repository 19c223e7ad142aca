import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { FlowError } from '../errors/index.js'
import { fileKey } from './keys.js'

/**
 * A file or directory as an artifact: stored when the step ends, found again at `path` in later steps.
 *
 * @example
 * function show(model: FileArtifact): void {
 *   console.log(`a ${model.kind}, here at ${model.path}`)
 * }
 */
export class FileArtifact {
  static {
    Object.defineProperty(this.prototype, fileKey, { value: true })
  }

  /** Absolute path where it can be read in this process. */
  readonly path: string
  readonly kind: 'file' | 'directory'

  constructor(path: string, kind: 'file' | 'directory') {
    this.path = path
    this.kind = kind
  }

  /** The path, so that it can stand in a text or a list of arguments. */
  toString(): string {
    return this.path
  }
}

/** True for a {@link FileArtifact} of any copy of core. */
export function isFileArtifact(value: unknown): value is FileArtifact {
  return typeof value === 'object' && value !== null && fileKey in value
}

/**
 * Makes an artifact of a file or directory. It is stored when the step ends, as it is then.
 *
 * @param path Relative to the step's working directory, or absolute.
 * @throws `FLOW_FILE_MISSING` when nothing is there, `FLOW_FILE_KIND` when it is neither file nor directory.
 *
 * @example
 * import { readFile, writeFile } from 'node:fs/promises'
 *
 * export default class Train extends Flow {
 *   model?: FileArtifact
 *   @step async start() {
 *     await writeFile('model.bin', 'weights')
 *     this.model = await file('model.bin')
 *     this.next(this.end)
 *   }
 *   @step async end() {
 *     console.log(await readFile(this.model!.path, 'utf8'))
 *   }
 * }
 */
export async function file(path: string): Promise<FileArtifact> {
  const full = resolve(path)
  const found = await stat(full).catch((cause: unknown) => {
    throw new FlowError('FLOW_FILE_MISSING', {
      message: `file('${path}'): nothing can be read there`,
      why: `It was looked for at ${full}.`,
      fix: "Check the path: relative ones begin at the step's working directory.",
      cause,
    })
  })
  if (found.isFile()) return new FileArtifact(full, 'file')
  if (found.isDirectory()) return new FileArtifact(full, 'directory')
  throw new FlowError('FLOW_FILE_KIND', {
    message: `file('${path}'): it is neither a file nor a directory`,
    fix: 'Store a file or a directory.',
  })
}
