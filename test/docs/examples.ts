import { existsSync, globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './blocks.js'
import { exportsOf, publicExports } from './public-exports.js'
import { moduleOf, plainText } from './source.js'

/** The code of an `@example` in a docstring. */
export interface Example {
  /** The source file, relative to the repository's root. */
  readonly file: string
  /** The line of its `@example`. */
  readonly line: number
  /** As it stands in the docstring. */
  readonly code: string
  /** With an import of each exported name that it uses and does not import itself. */
  readonly program: string
}

/** Every `@example` of the sources of the packages. */
export function examples(): Example[] {
  return globSync('packages/*/src/**/*.ts', { cwd: root })
    .toSorted()
    .flatMap(file => {
      const { text, comments } = moduleOf(join(root, file))
      return comments.flatMap(({ type, value, start }) => {
        if (type !== 'Block' || !value.startsWith('*')) return []
        return examplesOf(value).map(({ code, offset }) => {
          const line = text.slice(0, start).split('\n').length + offset
          return { file, line, code, program: `${importsFor(file, code)}${code}` }
        })
      })
    })
}

/** The examples of a docstring: each ends at the next tag that starts a line. Tags within code are indented. */
export function examplesOf(comment: string): { code: string; offset: number }[] {
  const lines = plainText(comment).split('\n')
  const leading = comment.split('\n').findIndex(line => line.replaceAll(/[*\s]/g, '') !== '')
  return lines.flatMap((line, index) => {
    if (!/^@example\b/.test(line)) return []
    const rest = lines.slice(index + 1)
    const end = rest.findIndex(text => /^@(?:example|param|returns|throws|see)\b/.test(text))
    const code = rest.slice(0, end < 0 ? undefined : end)
    return [{ code: `${code.join('\n').trimEnd()}\n`, offset: leading + index }]
  })
}

/**
 * What a reader of the docstring would import to run it: public names of the package and of core, and, in a module that
 * is not public, what its own folder exports. All else an example imports itself.
 */
function importsFor(file: string, code: string): string {
  const own = `@flow/${file.split('/')[1] ?? ''}`
  const places = [file, join(dirname(file), 'index.ts')].filter(path => existsSync(join(root, path)))
  const internal = places.flatMap(path =>
    exportsOf(join(root, path)).map(found => ({
      ...found,
      specifier: `../../${path.replace('/src/', '/dist/').replace(/ts$/, 'js')}`,
    })),
  )
  const published = publicExports.filter(({ specifier }) => /^@flow\/[^/]+/.exec(specifier)?.[0] === own)
  const known = [...published, ...publicExports.filter(({ specifier }) => specifier === '@flow/core'), ...internal]
  const imported = [...code.matchAll(/^import\b(?<names>.*?)\bfrom\b/gms)].map(match => match.groups?.['names']).join()
  const lines = known
    .filter(({ name }, index) => known.findIndex(other => other.name === name) === index)
    .filter(({ name }) => isUsed(name, code) && !new RegExp(`\\b${name}\\b`).test(imported))
    .map(({ name, isType, specifier }) => `import { ${isType ? 'type ' : ''}${name} } from '${specifier}'\n`)
  // For what a package adds to `current`.
  return `import '${own}'\n${lines.join('')}`
}

/** Whether the code mentions the name, other than as a property, a key or a declaration of its own. */
function isUsed(name: string, code: string): boolean {
  return (
    new RegExp(`(?<![.\\w'])${name}\\b(?!['\\w]|\\??:)`).test(code) &&
    !new RegExp(`(?:class|const|let|function) ${name}\\b`).test(code)
  )
}
