/** A command for `sh` that is these words. */
export function shellCommand(words: readonly string[], cwd: string | undefined): string {
  const command = words.map(shellQuote).join(' ')
  return cwd === undefined ? command : `cd ${shellQuote(cwd)} && ${command}`
}

function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
