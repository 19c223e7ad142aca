/** Permission bits of files and directories. */
export const mode = `
alter table artifacts add column mode integer;
`
