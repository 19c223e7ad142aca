import { mkdir } from 'node:fs/promises'
import { current, Flow, type Inputs, parallel, step } from '@flow/core'

export default class GangExec extends Flow {
  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  @parallel()
  @step
  async work() {
    const { gang } = current
    if (gang.me.index === 0) {
      const lines: string[] = []
      const result = await gang.exec(
        1,
        ['sh', '-c', 'pwd; echo "to stderr" >&2; cp "$FLOW_INPUT" "$FLOW_OUTPUT"; exit 7'],
        {
          input: { question: 'ü' },
          onLine: text => lines.push(text),
        },
      )
      const { exitCode, signal, stdout, stderr, output } = result
      console.log(JSON.stringify({ exitCode, signal, stdout, stderr, output, lines: lines.toSorted() }))
      const missing = await gang.exec(1, ['no-such-program']).catch((error: unknown) => error)
      console.log(
        `missing: ${JSON.stringify(Reflect.get(missing as object, 'code') ?? Reflect.get(missing as object, 'exitCode'))}`,
      )
      const late = await gang.exec(1, ['sleep', '1000'], { timeout: 200 })
      console.log(`late: ${late.timedOut} ${late.exitCode} ${late.signal}`)
      const nobody = await gang.exec(9, ['true']).catch((error: unknown) => error)
      console.log(`nobody: ${Reflect.get(nobody as object, 'code')}`)
      const nothing = await gang.broadcast('nothing').catch((error: unknown) => error)
      console.log(`nothing: ${Reflect.get(nothing as object, 'message')}`)
    } else {
      const refused = await gang.exec(0, ['touch', '/tmp/never']).catch((error: unknown) => error)
      console.log(`refused: ${Reflect.get(refused as object, 'code')}`)
      const own = await gang.exec(1, ['pwd'])
      await mkdir('below')
      const below = await gang.exec(1, ['pwd'], { cwd: 'below' })
      const root = await gang.exec(1, ['pwd'], { cwd: '/' })
      const isBelow = below.stdout.trim() === `${process.cwd()}/below`
      console.log(`own: ${own.stdout.trim() === process.cwd()} ${isBelow} ${root.stdout.trim()}`)
      const none = await gang.fact('never', { from: 0, timeout: 50 }).catch((error: unknown) => error)
      console.log(`fact: ${Reflect.get(none as object, 'code')}`)
      const nobody = await gang.fact('never', { from: 9 }).catch((error: unknown) => error)
      console.log(`nobody: ${Reflect.get(nobody as object, 'code')}`)
      const nowhere = await gang.exec(1, ['pwd'], { cwd: 'nowhere' }).catch((error: unknown) => error)
      console.log(`nowhere: ${Reflect.get(nowhere as object, 'message')}`)
      const ports = await Promise.all(Array.from({ length: 20 }, () => gang.lease()))
      console.log(`ports: ${new Set(ports).size}`)
    }
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    console.log(inputs.length)
    this.next(this.end)
  }

  @step end() {}
}
