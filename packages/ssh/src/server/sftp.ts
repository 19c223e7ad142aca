import { constants, type Stats } from 'node:fs'
import {
  chmod,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rmdir,
  stat,
  symlink,
  truncate,
  unlink,
  utimes,
} from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import ssh2 from 'ssh2'
import type { Attributes, SFTPWrapper } from 'ssh2'

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp

/** What a request answers that sent its own reply. */
const ANSWERED = Symbol('answered')
/** More than this is read in several requests. */
const READ_BYTES = 256 * 1024 - 1024

/** Names of a folder in one answer: a packet has room for 256 KiB. */
const NAMES = 100

type Handle = { readonly file: FileHandle } | { readonly names: string[]; readonly dir: string }

/**
 * The file transfer of the server that comes along: version 3 of the protocol (draft-ietf-secsh-filexfer-02), as
 * OpenSSH's `sftp` and `scp` speak it. Relative paths begin at `workDir`.
 */
export function serveSftp(sftp: SFTPWrapper, workDir: string): void {
  const handles = new Map<number, Handle>()
  let nextHandle = 0
  const at = (path: string): string => resolve(workDir, path)

  const add = (reqId: number, handle: Handle): void => {
    const id = Buffer.alloc(4)
    id.writeUInt32BE(nextHandle)
    handles.set(nextHandle++, handle)
    sftp.handle(reqId, id)
  }
  const handleOf = (id: Buffer): Handle => {
    const handle = id.length === 4 ? handles.get(id.readUInt32BE()) : undefined
    if (handle === undefined) throw new Error('no such handle')
    return handle
  }
  const fileOf = (id: Buffer): FileHandle => {
    const handle = handleOf(id)
    if (!('file' in handle)) throw new Error('not a file')
    return handle.file
  }
  // One after another, as OpenSSH's own server: its scp (9.2) cuts a file off where answers come in another order.
  let last: Promise<unknown> = Promise.resolve()
  /** Answers a request by what `work` does: with `OK` when it has no answer of its own to give. */
  const on = <A extends readonly unknown[]>(event: string, work: (reqId: number, ...args: A) => Promise<unknown>) => {
    sftp.on(event, (reqId: number, ...args: A) => {
      last = last
        .then(() => work(reqId, ...args))
        .then(
          answer => answer === ANSWERED || sftp.status(reqId, STATUS_CODE.OK),
          (error: NodeJS.ErrnoException) => sftp.status(reqId, statusOf(error), error.message),
        )
    })
  }

  on('OPEN', async (reqId, path: string, flags: number, { mode }: Attributes) => {
    add(reqId, { file: await open(at(path), systemFlags(flags), mode ?? 0o666) })
    return ANSWERED
  })
  on('READ', async (reqId, id: Buffer, offset: number, length: number) => {
    const { bytesRead, buffer } = await fileOf(id).read(Buffer.allocUnsafe(Math.min(length, READ_BYTES)), {
      position: offset,
    })
    if (bytesRead === 0) sftp.status(reqId, STATUS_CODE.EOF)
    else sftp.data(reqId, buffer.subarray(0, bytesRead))
    return ANSWERED
  })
  on('WRITE', async (_, id: Buffer, offset: number, data: Buffer) => {
    for (let done = 0; done < data.length;)
      done += (await fileOf(id).write(data, done, data.length - done, offset + done)).bytesWritten
  })
  on('CLOSE', async (_, id: Buffer) => {
    const handle = handleOf(id)
    handles.delete(id.readUInt32BE())
    if ('file' in handle) await handle.file.close()
  })
  on('FSTAT', async (reqId, id: Buffer) => {
    sftp.attrs(reqId, attributesOf(await fileOf(id).stat()))
    return ANSWERED
  })
  on('STAT', async (reqId, path: string) => {
    sftp.attrs(reqId, attributesOf(await stat(at(path))))
    return ANSWERED
  })
  on('LSTAT', async (reqId, path: string) => {
    sftp.attrs(reqId, attributesOf(await lstat(at(path))))
    return ANSWERED
  })
  on('FSETSTAT', async (_, id: Buffer, { mode, size, atime, mtime }: Partial<Attributes>) => {
    const file = fileOf(id)
    if (size !== undefined) await file.truncate(size)
    if (mode !== undefined) await file.chmod(mode & 0o7777)
    if (atime !== undefined && mtime !== undefined) await file.utimes(atime, mtime)
  })
  on('SETSTAT', async (_, path: string, { mode, size, atime, mtime }: Partial<Attributes>) => {
    if (size !== undefined) await truncate(at(path), size)
    if (mode !== undefined) await chmod(at(path), mode & 0o7777)
    if (atime !== undefined && mtime !== undefined) await utimes(at(path), atime, mtime)
  })
  on('OPENDIR', async (reqId, path: string) => {
    add(reqId, { dir: at(path), names: ['.', '..', ...(await readdir(at(path)))] })
    return ANSWERED
  })
  on('READDIR', async (reqId, id: Buffer) => {
    const handle = handleOf(id)
    if (!('names' in handle)) throw new Error('not a folder')
    const names = handle.names.splice(0, NAMES)
    if (names.length === 0) sftp.status(reqId, STATUS_CODE.EOF)
    else sftp.name(reqId, await Promise.all(names.map(name => entryOf(handle.dir, name))))
    return ANSWERED
  })
  on('REMOVE', (_, path: string) => unlink(at(path)))
  on('MKDIR', (_, path: string, { mode }: Partial<Attributes>) => mkdir(at(path), { mode: mode ?? 0o777 }))
  on('RMDIR', (_, path: string) => rmdir(at(path)))
  on('RENAME', (_, from: string, to: string) => rename(at(from), at(to)))
  on('SYMLINK', (_, target: string, link: string) => symlink(target, at(link)))
  on('READLINK', async (reqId, path: string) => {
    sftp.name(reqId, [nameOnly(await readlink(at(path)))])
    return ANSWERED
  })
  on('REALPATH', async (reqId, path: string) => {
    sftp.name(reqId, [nameOnly(await realPath(at(path)))])
    return ANSWERED
  })
  sftp.once('end', () => {
    endWell(sftp)
    sftp.end()
  })
  sftp.once('close', () => {
    for (const handle of handles.values()) if ('file' in handle) void handle.file.close().catch(() => undefined)
  })
}

/**
 * Tells the client that all went well: without an exit status `scp` takes the copy as failed. ssh2 (1.17) has no public
 * way to say it of this subsystem.
 */
function endWell(sftp: SFTPWrapper): void {
  const { _protocol: protocol, outgoing } = sftp as unknown as {
    readonly _protocol?: { exitStatus?(channel: number, status: number): void }
    readonly outgoing?: { readonly id: number }
  }
  if (outgoing !== undefined) protocol?.exitStatus?.(outgoing.id, 0)
}

function systemFlags(flags: number): number {
  const has = (flag: number): boolean => (flags & flag) !== 0
  const access = has(OPEN_MODE.WRITE)
    ? has(OPEN_MODE.READ)
      ? constants.O_RDWR
      : constants.O_WRONLY
    : constants.O_RDONLY
  return (
    access |
    (has(OPEN_MODE.APPEND) ? constants.O_APPEND : 0) |
    (has(OPEN_MODE.CREAT) ? constants.O_CREAT : 0) |
    (has(OPEN_MODE.TRUNC) ? constants.O_TRUNC : 0) |
    (has(OPEN_MODE.EXCL) ? constants.O_EXCL : 0)
  )
}

function statusOf({ code }: NodeJS.ErrnoException): number {
  if (code === 'ENOENT' || code === 'ENOTDIR') return STATUS_CODE.NO_SUCH_FILE
  return code === 'EACCES' || code === 'EPERM' ? STATUS_CODE.PERMISSION_DENIED : STATUS_CODE.FAILURE
}

function attributesOf({ mode, uid, gid, size, atimeMs, mtimeMs }: Stats): Attributes {
  return { mode, uid, gid, size, atime: Math.floor(atimeMs / 1000), mtime: Math.floor(mtimeMs / 1000) }
}

/** A line of `ls -l`, which clients print as it is. */
async function entryOf(dir: string, name: string): Promise<{ filename: string; longname: string; attrs: Attributes }> {
  const stats = await lstat(join(dir, name))
  const kind = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'l' : '-'
  const bits = [6, 3, 0]
    .map(shift => ['r', 'w', 'x'].map((bit, index) => ((stats.mode >> shift) & (4 >> index) ? bit : '-')).join(''))
    .join('')
  const { nlink, uid, gid, size, mtime } = stats
  const date = mtime.toISOString().slice(0, 16).replace('T', ' ')
  const longname = `${kind}${bits} ${nlink} ${uid} ${gid} ${size} ${date} ${name}`
  return { filename: name, longname, attrs: attributesOf(stats) }
}

function nameOnly(filename: string): { filename: string; longname: string; attrs: Attributes } {
  return { filename, longname: filename, attrs: {} as Attributes }
}

/** As realpath(3), but the last part need not be there: a client asks before it makes something. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    return join(await realpath(dirname(path)), basename(path))
  }
}
