import { readFileSync } from 'node:fs'

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

interface Report {
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/**
 * Counts the tests of a report by vitest's JSON reporter. A file that failed without a failed test (it did not load, or
 * a hook threw) counts as one failure; so does a missing report, and a run that failed although no test did.
 */
export function countTests(reportFile: string, exitCode: number): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const file of readReport(reportFile)?.testResults ?? []) {
    const failedBefore = counts.failed
    for (const { status } of file.assertionResults) {
      if (status === 'passed') counts.passed += 1
      else if (status === 'failed') counts.failed += 1
      else counts.skipped += 1
    }
    if (file.status === 'failed' && counts.failed === failedBefore) counts.failed += 1
  }
  if (counts.failed === 0 && (exitCode !== 0 || counts.passed === 0)) counts.failed += 1
  return counts
}

function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
