import { once } from 'node:events'
import { Flow, step } from '@flow/core'

// Written a byte at a time: every character is split over chunks.
const text = 'Grüße, 世界 𝄞\nno line end ü'

export default class Bytes extends Flow {
  @step async start() {
    for (const byte of Buffer.from(text)) {
      if (!process.stdout.write(Buffer.of(byte))) await once(process.stdout, 'drain')
      await new Promise(resolve => setImmediate(resolve))
    }
    this.next(this.end)
  }

  @step end() {
    process.stdout.write(Buffer.from([0, 255, 254, 10, 13, 10, 128, 0]))
  }
}
