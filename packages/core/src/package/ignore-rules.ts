import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import type { Ignore } from 'ignore'

/** Never part of a code package, unless a .flowignore takes it back (`!.env`). */
const ALWAYS = [
  'node_modules',
  '.git',
  '.hg',
  '.svn',
  '.flow',
  '.env',
  '.env.*',
  '!.env.example',
  '__pycache__',
  '*.pyc',
  '.DS_Store',
  '.venv',
]

/** In this order: the later one wins where both speak. */
export const IGNORE_FILES = ['.gitignore', '.flowignore'] as const

interface Rules {
  readonly base: string
  readonly ignore: Ignore
}

const require = createRequire(import.meta.url)

/** The rules of .gitignore and .flowignore that hold at a place; those of deeper folders win, as in git. */
export class IgnoreRules {
  readonly #rules: readonly Rules[]
  /** Files that were read or looked for. */
  readonly sources: readonly string[]

  private constructor(rules: readonly Rules[], sources: readonly string[]) {
    this.#rules = rules
    this.sources = sources
  }

  /** The rules at `root`, with those of the folders above it up to the repository's own. */
  static at(root: string): IgnoreRules {
    const above: string[] = []
    for (let dir = root; !existsSync(join(dir, '.git'));) {
      const parent = dirname(dir)
      if (parent === dir) {
        above.length = 0 // no repository: what stands above is not about this folder
        break
      }
      above.unshift(parent)
      dir = parent
    }
    const base = new IgnoreRules([{ base: root, ignore: newIgnore().add(ALWAYS) }], [])
    const inherited = above.reduce((rules, dir) => rules.#with(dir), base)
    // A flow in an ignored folder (a build, a scratch place) is still a flow with files.
    return (inherited.#decide(root, true) ? base : inherited).#with(root)
  }

  /** The rules inside a folder, given those at its parent. */
  enter(dir: string): IgnoreRules {
    return this.#with(dir)
  }

  ignores(path: string, isFolder: boolean): boolean {
    return this.#decide(path, isFolder)
  }

  #decide(path: string, isFolder: boolean): boolean {
    let ignored = false
    for (const { base, ignore } of this.#rules) {
      const name = relative(base, path).split(sep).join('/')
      if (name === '' || name.startsWith('../')) continue
      const verdict = ignore.test(isFolder ? `${name}/` : name)
      ignored = verdict.ignored || (ignored && !verdict.unignored)
    }
    return ignored
  }

  #with(dir: string): IgnoreRules {
    const found = IGNORE_FILES.map(name => join(dir, name)).filter(file => existsSync(file))
    if (found.length === 0) return this
    const ignore = newIgnore()
    for (const file of found) ignore.add(readFileSync(file, 'utf8'))
    return new IgnoreRules([...this.#rules, { base: dir, ignore }], [...this.sources, ...found])
  }
}

function newIgnore(): Ignore {
  // Loaded when a folder is walked, which is rare; `createRequire` because the walk is synchronous.
  const ignore = require('ignore') as typeof import('ignore')
  return ignore({ allowRelativePaths: true })
}
