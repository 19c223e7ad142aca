// What bench/flows/log-lines.ts prints.
for (let i = 0; i < 100_000; i++) console.log(`line ${i} of a program that likes to talk about what it is doing`)
