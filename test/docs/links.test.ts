import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { pages, root } from './blocks.js'

test.each([...pages, 'ARCHITECTURE.md'])('links of %s lead somewhere', page => {
  const text = readFileSync(join(root, page), 'utf8')
  const targets = [...text.matchAll(/\]\((?!https?:|#|mailto:)(?<target>[^)#\s]+)/g)].map(
    match => match.groups?.['target'] ?? '',
  )
  expect(targets.filter(target => !existsSync(join(root, dirname(page), target)))).toEqual([])
})
