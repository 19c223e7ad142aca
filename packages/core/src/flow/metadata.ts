// Node 24 has no Symbol.metadata yet. It must stand before the first decorated class is evaluated, and be the symbol
// that esbuild's lowered decorators fall back to. https://github.com/tc39/proposal-decorator-metadata
if (Symbol.metadata === undefined) {
  Object.defineProperty(Symbol, 'metadata', { value: Symbol.for('Symbol.metadata') })
}

export {}
