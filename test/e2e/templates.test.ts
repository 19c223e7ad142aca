import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { expectOk, Project } from './harness/index.js'

/** What the flow of each template says in the end. */
const templates = [
  ['mpi', 'Cluster has 8 processes'],
  ['torchrun', 'loss { first: '],
  ['deepspeed', 'loss { first: '],
  ['tensorflow', 'loss { first: '],
  ['ray', '328350'],
  ['ssh', 'hello from node1'],
] as const

/** An environment that other tests make too stands in for a smaller one: Ray takes a minute to install. */
const made = "{ 'ray[default,train]': '2.60.0', 'xgboost-cpu': '3.2.0' }"

test.each(templates)('what flow init --template %s writes runs', async (name, text) => {
  const project = new Project()
  const written = await project.flow(['init', 'mine', '--template', name])
  expectOk(written)
  expect(written.stdout).toContain('wrote mine/flow.ts')
  const flow = join('mine', 'flow.ts')
  const source = readFileSync(join(project.dir, flow), 'utf8')
  project.write(flow, source.replace("{ 'ray[default]': '2.60.0' }", made))
  const end = await project.flow(['run', flow])
  expectOk(end)
  expect(end.stdout).toContain(text)
})
