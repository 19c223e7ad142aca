import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** The tsconfig.json that holds for a folder, as TypeScript's own tools find it. */
export function findTsconfig(fromDir: string): string | undefined {
  for (let dir = fromDir; ; dir = dirname(dir)) {
    const candidate = join(dir, 'tsconfig.json')
    if (existsSync(candidate)) return candidate
    if (dir === dirname(dir)) return undefined
  }
}

/** A tsconfig and those it extends by a relative path: what a change of options could come from. */
export function tsconfigChain(file: string): string[] {
  const chain: string[] = []
  for (const queue = [file]; queue.length > 0 && chain.length < 20;) {
    const next = queue.shift() as string
    if (chain.includes(next) || !existsSync(next)) continue
    chain.push(next)
    const extended = /"extends"\s*:\s*("[^"]*"|\[[^\]]*\])/.exec(readFileSync(next, 'utf8'))?.[1] ?? ''
    for (const [, target] of extended.matchAll(/"(\.{1,2}\/[^"]*)"/g)) {
      const path = resolve(dirname(next), target as string)
      queue.push(path.endsWith('.json') ? path : `${path}.json`)
    }
  }
  return chain
}

/**
 * The author's options without `experimentalDecorators`, which would give steps another meaning. A file that extends
 * theirs, because esbuild's `tsconfigRaw` would drop `paths`.
 */
export function derivedTsconfig(userConfig: string | undefined): string {
  const compilerOptions = { experimentalDecorators: false, emitDecoratorMetadata: false }
  return JSON.stringify(userConfig === undefined ? { compilerOptions } : { extends: userConfig, compilerOptions })
}
