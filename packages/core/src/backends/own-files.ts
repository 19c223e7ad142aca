import { fileURLToPath } from 'node:url'

// From here it is as far to both as from the bundle of the command line.

/** The shell programs of a node. */
export const scriptsDir = fileURLToPath(new URL('../../scripts/', import.meta.url))

/** The first program on a host. */
export const bootModule = fileURLToPath(new URL('../backends/host/boot-main.js', import.meta.url))
