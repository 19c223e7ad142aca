import {
  current,
  Flow,
  gangDecorator,
  gangTimeouts,
  type Inputs,
  type ProgramResult,
  programFailure,
  step,
} from '@flow/core'

declare module '@flow/core' {
  interface Current {
    readonly patient: { run(): Promise<ProgramResult> }
  }
}

/** A launcher that waits for ever for its ranks, though its daemon on the other node cannot start any (as Hydra does). */
const patient = gangDecorator({
  name: 'patient',
  core: '^0.1.0',
  workers: 'serve',
  setup({ hooks }) {
    hooks.onControl.tap('patient', ctx => {
      ctx.provide('patient', {
        async run() {
          const result = await ctx.launch({
            command: tools => ['sh', '-c', '"$0" node1 "exit 7" </dev/null; sleep 600', tools.launchAgent],
            env: ctx.env,
          })
          throw (
            programFailure(result, { roster: ctx.roster, title: 'patient', codes: 'FLOW_PATIENT' }) ?? new Error('ok')
          )
        },
      })
    })
  },
})

export default class DaemonFails extends Flow {
  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  @gangTimeouts({ grace: 500 })
  @patient()
  @step
  async work() {
    await current.patient.run()
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    void inputs
    this.next(this.end)
  }

  @step end() {}
}
