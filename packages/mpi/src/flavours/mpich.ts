import type { Flavour } from './flavour.js'
import { hydraHostLine, localhost } from './hydra.js'

/** MPICH (Hydra): its daemons are `hydra_pmi_proxy`. */
export const mpich: Flavour = {
  title: 'MPICH',
  hostLine: hydraHostLine,
  hostfile: path => ['-f', path],
  env: ({ env }) => ({ ...env }),
  nodeEnv: () => ({}),
  prepare: ({ roster }, tools) => ({
    args: [...localhost(roster), '-launcher', 'ssh', '-launcher-exec', tools.launchAgent],
  }),
}
