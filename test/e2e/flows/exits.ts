import { Flow, parameter, step } from '@flow/core'

export default class Exits extends Flow {
  readonly how = parameter({ required: true })

  @step async start() {
    console.log(`at ${process.cwd()}`)
    console.error('last words on stderr')
    switch (this.how) {
      case 'throw':
        throw new TypeError('thrown by the step', { cause: new Error('the deeper cause') })
      case 'throw-text':
        // eslint-disable-next-line no-throw-literal
        throw 'a text'
      case 'exit':
        for (let line = 0; line < 20_000; line++) console.log(`line ${line}`)
        return process.exit(3)
      case 'exit-0':
        return process.exit(0)
      case 'kill':
        process.kill(process.pid, 'SIGKILL')
        return await new Promise(() => undefined)
      case 'reject':
        void Promise.reject(new RangeError('rejected and not awaited'))
        return await new Promise(() => undefined)
      case 'reject-last':
        void Promise.reject(new RangeError('rejected as the last thing'))
        break
      case 'callback':
        setImmediate(() => {
          throw new Error('thrown in a callback')
        })
        return await new Promise(() => undefined)
      case 'unstorable':
        Object.assign(this, { broken: () => 1 })
        break
      case 'stuck':
        // Nothing is left that could go on: Node.js would end with exit code 13 or 0.
        process.disconnect()
        return await new Promise(() => undefined)
    }
    this.next(this.end)
  }

  @step end() {}
}
