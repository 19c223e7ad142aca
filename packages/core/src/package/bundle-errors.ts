import { resolve } from 'node:path'
import type { BuildFailure, Message } from 'esbuild'
import { FlowError } from '../errors/index.js'

/** Turns what esbuild throws into a coded error with the place in the author's file. */
export function bundleError(thrown: unknown, cwd: string): unknown {
  const messages = (thrown as Partial<BuildFailure> | undefined)?.errors
  const first = messages?.[0]
  if (messages === undefined || first === undefined) return thrown
  const unresolved = /^Could not resolve "(.*?)"/.exec(first.text)?.[1]
  const missing = /^No matching export in "(.*?)" for import "(.*?)"/.exec(first.text)
  const common = {
    at: first.location === null ? undefined : positionOf(first, cwd),
    frame: frameOf(first),
    details: {
      errors: messages
        .slice(0, 20)
        .map(message => ({ text: message.text, at: message.location === null ? null : positionOf(message, cwd) })),
    },
  }
  if (unresolved !== undefined) {
    const isFile = /^[./]/.test(unresolved)
    return new FlowError('FLOW_BUNDLE_UNRESOLVED', {
      message: `The import "${unresolved}" cannot be found.`,
      why: isFile ? 'There is no such file.' : 'No such package is installed where this file could see it.',
      fix: isFile ? 'Correct the path.' : `Install it (npm install ${packageOf(unresolved)}), or correct the name.`,
      ...common,
    })
  }
  if (missing !== null) {
    return new FlowError('FLOW_BUNDLE_NO_EXPORT', {
      message: `${missing[1]} exports no "${missing[2]}".`,
      fix: 'Correct the name, or export it there.',
      ...common,
    })
  }
  const unknownKind = /^No loader is configured for "(.*?)" files: (.*)/.exec(first.text)
  if (unknownKind !== null) {
    return new FlowError('FLOW_BUNDLE_FAILED', {
      message: `${unknownKind[2]} cannot be imported.`,
      why: `An import of a file with the ending ${unknownKind[1]} has no meaning of its own.`,
      fix: 'Read the file in a step instead: it travels with the flow when it lies beside it.',
      ...common,
    })
  }
  if (first.location === null) {
    return new FlowError('FLOW_BUNDLE_FAILED', { message: `The flow could not be bundled: ${first.text}`, ...common })
  }
  return new FlowError('FLOW_BUNDLE_SYNTAX', {
    message: `This is not valid TypeScript: ${first.text}`,
    fix: 'Correct the line; `npx tsc --noEmit` may say more.',
    ...common,
  })
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

function positionOf({ location }: Message, cwd: string): { file: string; line: number; column: number } {
  const { file, line, column, lineText } = location as NonNullable<Message['location']>
  // esbuild counts UTF-8 bytes from 0; people and editors count characters from 1.
  return { file: resolve(cwd, file), line, column: Buffer.from(lineText).subarray(0, column).toString().length + 1 }
}

function frameOf({ location }: Message): string | undefined {
  if (location === null) return undefined
  const { line, column, length, lineText } = location
  const bytes = Buffer.from(lineText)
  const before = bytes.subarray(0, column).toString().replace(/[^\t]/g, ' ')
  const width = Math.max(1, bytes.subarray(column, column + length).toString().length)
  const gutter = `${line} | `
  return `${gutter}${lineText}\n${' '.repeat(gutter.length - 2)}| ${before}${'^'.repeat(width)}`
}
