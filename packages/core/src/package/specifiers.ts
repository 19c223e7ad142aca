import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { hashOf } from './publish.js'

/** The package of a bare specifier (`@scope/name/sub` gives `@scope/name`), undefined for anything else. */
export function packageNameOf(specifier: string): string | undefined {
  if (isBuiltin(specifier)) return undefined
  return /^(?:@[^/@:#]+\/)?[^/.#:@\\][^/:\\]*/.exec(specifier)?.[0]
}

/** The folder that Node.js would take a package from, with links followed. */
export function locatePackage(name: string, fromDir: string): string | undefined {
  for (let dir = fromDir; ; dir = dirname(dir)) {
    const candidate = join(dir, 'node_modules', name)
    if (existsSync(candidate)) return realpathSync(candidate)
    if (dir === dirname(dir)) return undefined
  }
}

export interface PackageRoot {
  readonly dir: string
  /** The package's name; of a second copy under the same name, with a hash. */
  readonly label: string
}

/** Says of files which package they belong to, and gives each package of one layer a name of its own. */
export class PackageRoots {
  readonly #roots = new Map<string, PackageRoot>()
  readonly #byDir = new Map<string, string>()
  readonly #labels = new Map<string, string>()

  rootOf(file: string): PackageRoot {
    const dir = this.#folderOf(dirname(file))
    const known = this.#roots.get(dir)
    if (known !== undefined) return known
    const name = nameIn(dir) ?? 'unnamed'
    const label = this.#labels.has(name) ? `${name}+${hashOf(dir).slice(0, 8)}` : name
    this.#labels.set(label, dir)
    const root = { dir, label }
    this.#roots.set(dir, root)
    return root
  }

  placeOf(file: string): string {
    const { dir, label } = this.rootOf(file)
    return `files/${label}/${relative(dir, file).split(sep).join('/')}`
  }

  /** package.json of every package that was asked for. */
  manifests(): string[] {
    return [...this.#roots.keys()].map(dir => join(dir, 'package.json'))
  }

  #folderOf(dir: string): string {
    const known = this.#byDir.get(dir)
    if (known !== undefined) return known
    // A package.json without a name only says `type`; it is no package of its own.
    const found = nameIn(dir) !== undefined || dirname(dir) === dir ? dir : this.#folderOf(dirname(dir))
    this.#byDir.set(dir, found)
    return found
  }
}

function nameIn(dir: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { name?: unknown }
    return typeof name === 'string' ? name : undefined
  } catch {
    return undefined
  }
}

/** File name (without extension) of an entry of the layer: from its package and its place in it. */
export function entryName(file: string, packageDir: string, packageName: string, isNearest: boolean): string {
  const plain = `${packageName}/${relative(packageDir, file)}`
    .replace(/\.[cm]?[jt]sx?$/, '')
    .replace(/[^A-Za-z0-9._@-]+/g, '+')
  // Two copies of a package, or a very long path, must not meet in one name.
  return isNearest && plain.length <= 100 ? plain : `${plain.slice(0, 80)}-${hashOf(file).slice(0, 8)}`
}
