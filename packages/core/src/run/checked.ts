import { join } from 'node:path'
import type { Graph, GraphStep } from '../flow/index.js'
import { type CodePackage, hashOf, readJson, writeJson } from '../package/index.js'

/** What was found of a package when it was loaded first, so that its source is not parsed again. */
interface Checked {
  /** Hash of the flow file: comments and lines are in the graph, and not in the package. */
  readonly source: string
  readonly flowName: string
  readonly exportName: string
  readonly steps: readonly GraphStep[]
}

/** The graph of a package that was loaded before without a problem; a package has core's own code in it too. */
export function checkedGraph(code: CodePackage, text: string, flowFile: string): Graph | undefined {
  const checked = readJson(recordOf(code)) as Checked | undefined
  if (checked?.source !== hashOf(text)) return undefined
  const { flowName, exportName, steps } = checked
  return { flowName, file: flowFile, exportName, steps: new Map(steps.map(step => [step.name, step])) }
}

/** From now on this package has no problem. */
export function keepChecked(code: CodePackage, text: string, { flowName, exportName, steps }: Graph): void {
  try {
    writeJson(recordOf(code), {
      source: hashOf(text),
      flowName,
      exportName,
      steps: [...steps.values()],
    } satisfies Checked)
  } catch {
    // It is parsed again next time.
  }
}

function recordOf({ dir }: CodePackage): string {
  return join(dir, 'checked.json')
}
