import { decorate, environment, Flow, step } from '@flow/core'

class Plain extends Flow {
  count = 1

  start() {
    this.count += Number(process.env.MORE)
    this.next(this.end)
  }

  end() {
    console.log(`the count is ${this.count}`)
  }
}

export default decorate(Plain, { start: [environment({ vars: { MORE: '41' } }), step], end: step })
