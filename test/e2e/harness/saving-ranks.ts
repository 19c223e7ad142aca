import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Finished, FlowProcess } from '@flow/core/testing'
import type { Project } from './project.js'
import { expectNothingLeft } from './expectations.js'

/** A program whose ranks take up to 0.3 s times their number to save what they have when they are told to end. */
export const savesPy = readFileSync(join(import.meta.dirname, '../programs/saves.py'), 'utf8')

/** How a gang of such ranks is ended: all of them have the grace for it, and are told once. */
export const endings = ['Ctrl-C', 'a timeout of the program', 'the last rank is killed'] as const

/** Settles when all ranks of the program have said that they wait. */
export async function ranksWait(run: FlowProcess, ranks: number): Promise<void> {
  await Promise.all(
    Array.from({ length: ranks }, (_, rank) =>
      run.event(event => event.type === 'log' && event['rank'] === rank && event.text === 'waiting'),
    ),
  )
}

export async function killRank(run: FlowProcess, rank: number): Promise<void> {
  const started = await run.event(event => event.type === 'rank.started' && event['rank'] === rank)
  process.kill(Number(started['pid']), 'SIGKILL')
}

/** `saves.py` in a flow whose step is `work`: ends it so, once all its ranks wait, and sees that each has saved. */
export async function expectSaved(
  project: Project,
  run: FlowProcess,
  ranks: number,
  ending: (typeof endings)[number],
): Promise<Finished> {
  await ranksWait(run, ranks)
  if (ending === 'Ctrl-C') run.kill('SIGINT')
  const isKilled = ending === 'the last rank is killed'
  if (isKilled) await killRank(run, ranks - 1)
  const end = await run.ended
  expect(end.exitCode).toBe(ending === 'Ctrl-C' ? 130 : 1)
  const saved = end.lines('work').filter(line => line.startsWith('saved'))
  expect(saved).toEqual(Array.from({ length: isKilled ? ranks - 1 : ranks }, () => 'saved, told 1'))
  // Nobody but us stopped a launcher for it.
  expect(end.events.filter(event => event.type === 'warning')).toEqual([])
  expectNothingLeft(project, end)
  return end
}
