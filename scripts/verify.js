// JavaScript, so that a Node.js too old for TypeScript can say so.
if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(
    `The tests run under the node@24 that npm ci installs, this is ${process.version}. Run: npm ci && npm test`,
  )
  console.log('0 passed, 1 failed')
  process.exitCode = 1
} else {
  await import('./verify/main.ts')
}
