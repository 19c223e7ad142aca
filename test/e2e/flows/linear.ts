import { current, Flow, step } from '@flow/core'

export default class Linear extends Flow {
  trail: string[] = []
  count = 0

  @step start() {
    this.trail = [current.path]
    this.next(this.middle)
  }

  @step async middle() {
    await Promise.resolve()
    this.trail.push(current.path)
    this.count++
    this.next(this.end)
  }

  @step end() {
    this.trail.push(current.path)
    console.log(`${current.flowName} ${current.runId} ${current.stepName} ${current.attempt}`)
    console.log(this.trail.join(' '))
    console.error('said on stderr')
  }
}
