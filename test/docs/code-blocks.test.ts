import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Block, blocksOf, pages, root } from './blocks.js'
import { ProgramFolder } from './program-folder.js'

const blocks = pages.flatMap(blocksOf)
const included = blocks.flatMap(block => {
  const path = block.words.find(word => word.startsWith('file='))?.slice('file='.length)
  return path === undefined ? [] : [{ where: title(block), path, code: block.code }]
})
const programs = blocks.filter(
  ({ language, words }) => ['ts', 'js'].includes(language) && !words.some(word => word.startsWith('file=')),
)
const flows = programs.filter(block => /export default .*\bextends Flow\b/s.test(block.code))
const commands = blocks.filter(block => block.language === 'sh').flatMap(flowCommandsOf)

let folder: ProgramFolder

beforeAll(() => {
  folder = new ProgramFolder('docs')
  for (const block of programs) writeFileSync(fileOf(block), block.code)
})
afterAll(() => folder[Symbol.dispose]())

function fileOf(block: Block): string {
  return folder.path(block.page, block.line, block.language)
}

function title(block: Block): string {
  return `${block.page}:${block.line}`
}

test('every ts block passes the type checker', () => {
  const { status, output } = folder.check()
  expect(output).toBe('')
  expect(status).toBe(0)
})

// Such a file is compiled and run where it lies.
test.each(included)('the block at $where is $path', ({ path, code }) => {
  expect(code).toBe(readFileSync(join(root, path), 'utf8'))
})

describe('a flow of the pages', () => {
  test.each(flows.map(block => [title(block), block] as const))('%s', (_title, block) => {
    const verb = block.words.includes('check') ? 'check' : 'run'
    const { status, output } = folder.flow(verb, fileOf(block))
    expect(status, output).toBe(0)
  })
})

describe('a command of the pages', () => {
  const help = new Map<string, string>()
  const helpOf = (...path: string[]): string => {
    const key = path.join(' ')
    const text = help.get(key) ?? folder.flow(...path, '--help').output
    help.set(key, text)
    return text
  }

  test.each(commands)('$where: $text', ({ words }) => {
    const [command = '', ...rest] = words
    expect(helpOf()).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'))
    // The flags of `flow run` are also those of the flow's own parameters.
    const flags = command === 'run' ? [] : rest.filter(word => word.startsWith('--')).map(word => word.split('=', 1)[0])
    for (const flag of flags) expect(helpOf(command)).toContain(flag)
  })
})

/** Each line of a block that starts `flow`, also by npx and after `&&`. */
function flowCommandsOf(block: Block): { where: string; text: string; words: readonly string[] }[] {
  return block.code.split('\n').flatMap((line, index) =>
    line
      .split('&&')
      .map(part => part.trim().replace(/^\$ /, ''))
      .flatMap(text => {
        const words = /^(?:npx )?flow (.+)$/.exec(text.replace(/\s+#.*$/, ''))?.[1]?.split(/\s+/)
        if (words === undefined || words[0]?.startsWith('-') === true) return []
        return [{ where: `${block.page}:${block.line + index}`, text, words }]
      }),
  )
}
