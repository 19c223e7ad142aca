import { decorate, Flow, parallel, parameter, step } from '@flow/core'

class GangSize extends Flow {
  size = parameter({ default: 'undefined' })

  start() {
    this.next(this.work, { numParallel: JSON.parse(this.size) })
  }

  work() {
    this.next(this.join)
  }

  join(inputs) {
    console.log(inputs.length)
    this.next(this.end)
  }

  end() {}
}

export default decorate(GangSize, { start: step, work: [parallel(), step], join: step, end: step })
