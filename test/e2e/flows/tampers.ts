import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Flow, parameter, step } from '@flow/core'

/** Damages what is stored, as a failing disk would. */
export default class Tampers extends Flow {
  readonly blobs = parameter({ required: true })
  text = ''

  @step start() {
    this.text = 'something to keep '.repeat(100)
    this.next(this.damage)
  }

  @step damage() {
    for (const name of readdirSync(this.blobs, { recursive: true, encoding: 'utf8' })) {
      const path = join(this.blobs, name)
      if (!/\/[0-9a-f]{60,}$/.test(path)) continue
      const bytes = readFileSync(path)
      bytes[0] = (bytes[0] ?? 0) ^ 1
      writeFileSync(path, bytes)
    }
    this.next(this.end)
  }

  @step end() {
    console.log(this.text.length)
  }
}
