/** Loaded when something is large enough to be compressed: most tasks have nothing. */
export const zlib = (): typeof import('node:zlib') => process.getBuiltinModule('node:zlib')
