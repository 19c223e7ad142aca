import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** A fenced block of code of a page. */
export interface Block {
  /** The page, relative to the repository's root. */
  readonly page: string
  /** The line of its first line of code. */
  readonly line: number
  readonly language: string
  /** Words after the language: `check` is "do not run this flow, only check it", `file=PATH` "this is that file". */
  readonly words: readonly string[]
  readonly code: string
}

/** The pages a reader is sent to. */
export const pages = globSync(
  ['README.md', 'CONTRIBUTING.md', 'docs/*.md', 'packages/*/README.md', 'examples/*/README.md'],
  {
    cwd: root,
  },
).toSorted()

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  let open: { line: number; info: string; code: string[] } | undefined
  for (const [index, text] of readFileSync(join(root, page), 'utf8').split('\n').entries()) {
    const fence = /^```(.*)$/.exec(text)
    if (fence === null) open?.code.push(text)
    else if (open === undefined) open = { line: index + 2, info: fence[1] ?? '', code: [] }
    else {
      const [language = '', ...words] = open.info.trim().split(/\s+/)
      blocks.push({ page, line: open.line, language, words, code: `${open.code.join('\n')}\n` })
      open = undefined
    }
  }
  return blocks
}
