import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { current, file, type FileArtifact, Flow, type Inputs, parallel, step } from '@flow/core'

const LINES = 20_000
const SIZE = 5_000_000

/** Everything that has to cross between machines that share no disk. */
export default class Hosts extends Flow {
  numbers = new Float64Array()
  words: Record<string, string> = {}
  unread = Buffer.alloc(0)
  model?: FileArtifact
  folder?: FileArtifact
  where = ''
  heard = ''
  random = Buffer.alloc(0)
  own?: FileArtifact

  @step async start() {
    this.numbers = Float64Array.from({ length: SIZE / 8 }, (_, index) => index / 3)
    this.words = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`word ${index}`, 'again and again']))
    this.unread = Buffer.alloc(SIZE, 5)
    await writeFile('model.bin', Buffer.alloc(SIZE, 7))
    await mkdir('folder/deep er', { recursive: true })
    await writeFile('folder/deep er/page.txt', 'page of start')
    await writeFile('folder/run.sh', '#!/bin/sh\necho runs')
    await chmod('folder/run.sh', 0o755)
    await symlink('run.sh', 'folder/link')
    this.model = await file('model.bin')
    this.folder = await file('folder')
    this.next(this.work, { numParallel: 4 })
  }

  @parallel()
  @step
  async work() {
    const { gang, parallel: me } = current
    const index = me.nodeIndex
    this.where = `${hostname()} ${gang.me.address}`
    console.log(`at ${process.cwd()}`)
    console.log(`beside the flow: ${await readFile('beside.txt', 'utf8')}`)
    const words = Object.keys(this.words).length
    console.log(`read ${this.numbers.length} ${this.numbers.at(-1)} ${words} ${(await stat(this.model!.path)).size}`)
    const ran = await gang.exec(index, ['sh', '-c', './folder/run.sh; cat "folder/deep er/page.txt"'])
    console.log(`${ran.stdout.replace('\n', ', ')}, ${await readlink('folder/link')}`)
    // What no step reads does not travel.
    const blobs = await readdir(join(process.cwd(), '../blobs'), { recursive: true, withFileTypes: true })
    const sizes = await Promise.all(blobs.filter(one => one.isFile()).map(one => stat(join(one.parentPath, one.name))))
    console.log(`blobs of ${SIZE} bytes: ${sizes.filter(one => one.size === SIZE).length}`)

    // A word to the next node, and one from the node before.
    const [next, before] = [(index + 1) % me.numNodes, (index + me.numNodes - 1) % me.numNodes]
    const [to, from] = await Promise.all([gang.stream(next, { name: 'out' }), gang.stream(before, { name: 'out' })])
    to.end(`hello of ${index}`)
    this.heard = await text(from)

    if (index === 0) {
      await writeFile('shared.bin', Buffer.alloc(SIZE, 3))
      await gang.broadcast('shared.bin')
    }
    await gang.barrier('shared.bin is there')
    console.log(`broadcast ${(await readFile('shared.bin')).every(byte => byte === 3)}`)

    if (index === 3) {
      for (let line = 0; line < LINES; line++) {
        if (!process.stdout.write(`line ${line}\n`)) await once(process.stdout, 'drain')
      }
    }
    this.random = Buffer.alloc(SIZE + index, index)
    await mkdir('own')
    await writeFile('own/page.txt', `of node ${index}`)
    this.own = await file('own')
    this.next(this.join)
  }

  @step async join(inputs: Inputs<this>) {
    for (const { where, heard, random, own } of inputs)
      console.log(
        `${where}: ${heard}, ${random.length} ${random[9]}, ${await readFile(join(own!.path, 'page.txt'), 'utf8')}`,
      )
    this.mergeArtifacts(inputs, { include: ['unread'] })
    this.next(this.end)
  }

  @step end() {
    console.log(`unread ${this.unread.length} ${this.unread[0]}`)
  }
}
