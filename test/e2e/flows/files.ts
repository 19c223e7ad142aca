import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { file, type FileArtifact, Flow, type Inputs, step } from '@flow/core'

export default class Files extends Flow {
  model?: FileArtifact
  report?: FileArtifact
  merged: string[] = []

  @step async start() {
    await writeFile('model.bin', Buffer.alloc(3_000_000, 7))
    await chmod('model.bin', 0o750)
    await mkdir('report/deep er', { recursive: true })
    await writeFile('report/deep er/page.txt', 'page of start')
    this.model = await file('model.bin')
    await chmod('report/deep er', 0o555)
    this.report = await file('report')
    this.next(this.left, this.right)
  }

  @step async left() {
    await this.change('left')
    this.next(this.join)
  }

  @step async right() {
    await this.change('right')
    this.next(this.join)
  }

  @step async join(inputs: Inputs<this>) {
    for (const input of inputs) {
      const folder = input.report!.path
      const pages = await readdir(folder, { recursive: true })
      this.merged.push(`${pages.toSorted().join(',')}: ${await readFile(join(folder, 'own.txt'), 'utf8')}`)
    }
    this.mergeArtifacts(inputs, { include: ['model'] })
    this.next(this.end)
  }

  @step async end() {
    const bytes = await readFile(this.model!.path)
    console.log(
      bytes.length,
      bytes.every(byte => byte === 7),
      ((await stat(this.model!.path)).mode & 0o777).toString(8),
    )
    console.log(this.merged.join('; '))
  }

  async change(name: string): Promise<void> {
    // What the step before stored lies at the same place again, ready to be changed.
    await writeFile('report/own.txt', `${name} after ${await readFile('report/deep er/page.txt', 'utf8')}`)
    this.report = await file('report')
  }
}
