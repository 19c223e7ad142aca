import { simulateJoin } from './.bj.mjs'
for (const n of process.argv.slice(2)) console.log(await simulateJoin(Number(n)))
