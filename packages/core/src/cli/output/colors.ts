import type { Io, Screen } from '../io.js'

type Paint = (text: string) => string

/** The few colours the CLI uses; each is the identity where colours are off. */
export interface Colors {
  readonly bold: Paint
  readonly dim: Paint
  readonly red: Paint
  readonly green: Paint
  readonly yellow: Paint
  readonly cyan: Paint
}

const plain: Paint = text => text

/** No colours: what a file, a pipe or `NO_COLOR` gets. */
export const noColors: Colors = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain }

/** Colours for a terminal, by https://no-color.org: `NO_COLOR` with any value but the empty one turns them off. */
export async function colorsFor(screen: Screen, env: Io['env']): Promise<Colors> {
  if (screen.isTTY !== true || env['NO_COLOR'] || env['TERM'] === 'dumb') return noColors
  const { default: picocolors } = await import('picocolors')
  return picocolors.createColors(true)
}
