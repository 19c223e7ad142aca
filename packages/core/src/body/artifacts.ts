import { mkdirSync } from 'node:fs'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { FlowError } from '../errors/index.js'
import {
  artifactFields,
  FileArtifact,
  isFileArtifact,
  makeInput,
  setArtifacts,
  type StoredArtifact,
} from '../flow/index.js'
import {
  type ArtifactRef,
  type Artifacts,
  BlobStore,
  loadArtifactSync,
  restorePath,
  storeArtifact,
  storePath,
} from '../store/index.js'
import { fetchThrough } from './fetch-blob.js'
import type { BodyTask, InputRef } from './protocol.js'

/** The artifacts of one task, between its flow and the blobs. */
export class TaskArtifacts {
  readonly #blobs: BlobStore
  readonly #workDir: string
  readonly #tempDir: string
  /** Files that were laid out, by the hash of their content and where. */
  readonly #laidOut = new Map<string, FileArtifact>()
  /** What the flow's fields were loaded from, by name. */
  readonly #loaded = new Map<string, ArtifactRef>()

  constructor(task: BodyTask) {
    this.#blobs = new BlobStore(task.blobsDir, { fetch: task.blobPipes && fetchThrough(task.blobPipes) })
    this.#workDir = task.workDir
    this.#tempDir = task.tempDir
  }

  /** Lays out the files among the inputs: the getters of artifacts cannot wait for it. */
  async layOutFiles(inputs: readonly InputRef[]): Promise<void> {
    for (const [index, input] of inputs.entries()) {
      // In a join several inputs may have a file of the same name: each gets a folder of its own.
      const root = inputs.length === 1 ? this.#workDir : join(this.#tempDir, 'inputs', String(index))
      for (const ref of Object.values(input.artifacts)) {
        if (ref.encoding === 'file' || ref.encoding === 'dir') await this.#layOut(ref, root)
      }
    }
  }

  async #layOut(ref: ArtifactRef, root: string): Promise<void> {
    const path = join(root, ref.type ?? ref.hash)
    mkdirSync(dirname(path), { recursive: true })
    await restorePath(this.#blobs, ref, path)
    this.#laidOut.set(fileKey(ref, root), new FileArtifact(path, ref.encoding === 'dir' ? 'directory' : 'file'))
  }

  /** Gives a flow what its one parent left. */
  attach(flow: object, input: InputRef): void {
    setArtifacts(flow, input.artifacts, name => {
      const ref = input.artifacts[name]
      if (ref !== undefined) this.#loaded.set(name, ref)
      return this.#load(input, name, this.#workDir)
    })
  }

  /** The entries of a join's `inputs`. */
  inputs(task: BodyTask): readonly object[] {
    return task.inputs.map((input, index) =>
      makeInput({
        refs: input.artifacts,
        load: name =>
          this.#load(
            input,
            name,
            task.inputs.length === 1 ? this.#workDir : join(this.#tempDir, 'inputs', String(index)),
          ),
        parameters: task.parameters,
        served: input.served ?? false,
      }),
    )
  }

  value(ref: ArtifactRef): unknown {
    return loadArtifactSync(this.#blobs, ref)
  }

  /** Stores what the step left in its fields. */
  async store(flow: object): Promise<Artifacts> {
    const stored: Record<string, ArtifactRef> = {}
    for (const field of artifactFields(flow)) {
      stored[field.name] = field.ref === undefined ? await this.#storeValue(field.name, field.value) : asRef(field.ref)
    }
    return stored
  }

  async #storeValue(name: string, value: unknown): Promise<ArtifactRef> {
    if (!isFileArtifact(value)) return storeArtifact(this.#blobs, name, value, this.#loaded.get(name))
    const place = relative(this.#workDir, value.path)
    const isInside = place !== '' && !place.startsWith('..') && !isAbsolute(place)
    return storePath(this.#blobs, value.path, isInside ? place : undefined)
  }

  #load(input: InputRef, name: string, root: string): unknown {
    const ref = input.artifacts[name]
    if (ref === undefined) throw new FlowError('FLOW_INTERNAL', { message: `${input.path} has no artifact '${name}'` })
    if (ref.encoding === 'file' || ref.encoding === 'dir') return this.#laidOut.get(fileKey(ref, root))
    return loadArtifactSync(this.#blobs, ref)
  }
}

function fileKey(ref: ArtifactRef, root: string): string {
  return `${ref.hash} ${ref.type ?? ''} ${root}`
}

// What was attached came from an ArtifactRef; flow/ knows only the part of it that it needs.
function asRef(ref: StoredArtifact): ArtifactRef {
  return ref as ArtifactRef
}
