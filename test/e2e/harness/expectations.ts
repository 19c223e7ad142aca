import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { commandOf, type Finished } from '@flow/core/testing'
import { expect } from 'vitest'
import type { Project } from './project.js'

/** The run went well; a failing test shows everything that was printed. */
export function expectOk(end: Finished): void {
  expect({ exitCode: end.exitCode, output: end.exitCode === 0 ? '' : end.output }).toEqual({ exitCode: 0, output: '' })
}

/** The end that a person can do something with: an exit code, one of our codes, and no stack trace of ours. */
export function expectCoded(end: Finished, code: string | RegExp, exitCode = 1): void {
  expect(end.stderr).toMatch(code)
  expect(end.exitCode).toBe(exitCode)
  expectNoStack(end)
}

export function expectNoStack(end: Finished): void {
  expect(end.stderr).not.toMatch(/^ +at .*(packages\/core|node:internal)/m)
  expect(end.stderr).not.toContain('FLOW_INTERNAL')
}

/**
 * Nothing of the project's runs is left: no process, no directory and no cgroup of an attempt, nothing half-written in
 * the store.
 */
export function expectNothingLeft(project: Project, end: Finished): void {
  expect(project.processes().map(commandOf)).toEqual([])
  expect(attemptDirs(end).filter(dir => existsSync(dir))).toEqual([])
  expect(cgroupDirs(end).filter(dir => existsSync(dir))).toEqual([])
  const half = join(project.home, 'blobs/.tmp')
  expect(existsSync(half) ? readdirSync(half) : []).toEqual([])
}

/** Directories of attempts, as far as the steps of a run printed them. */
export function attemptDirs(end: Finished): string[] {
  return [...new Set(end.lines().flatMap(line => /\/[^ ]*\/flow-[A-Za-z0-9]{6}/.exec(line) ?? []))]
}

/** Cgroups of attempts, as far as the steps of a run printed them: `cgroup`, then names and path of /proc/self/cgroup. */
export function cgroupDirs(end: Finished): string[] {
  return end.lines().flatMap(line => {
    const [, names, path] = /^cgroup (.*):(.*)$/.exec(line) ?? []
    if (names === undefined || path === undefined) return []
    // Version 2 has no name, and its place depends on whether version 1 is there too.
    const mounts = names === '' ? ['', '/unified'] : [`/${names}`]
    return mounts.map(mount => `/sys/fs/cgroup${mount}${path}`)
  })
}

/** Waits until nothing of a list of processes is left, at most `ms`. */
export async function expectGone(left: () => readonly number[], ms: number): Promise<void> {
  await expect.poll(() => left().map(commandOf), { timeout: ms, interval: 20 }).toEqual([])
}
