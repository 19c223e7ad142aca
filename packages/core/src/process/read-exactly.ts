import type { Readable } from 'node:stream'

/** Takes exactly so many bytes out of a paused stream. Undefined when it ends before. */
export function readExactly(stream: Readable, size: number, signal: AbortSignal): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      stream.off('readable', attempt).off('end', onEnd).off('close', onEnd).off('error', onError)
      signal.removeEventListener('abort', onAbort)
      act()
    }
    const onEnd = (): void => settle(() => resolve(undefined))
    const onError = (error: Error): void => settle(() => reject(error))
    const onAbort = (): void => settle(() => reject(signal.reason as Error))
    const attempt = (): void => {
      const bytes = stream.read(size) as Buffer | null
      // At the end of a stream `read` gives what is left, however little.
      if (bytes !== null) settle(() => resolve(bytes.length === size ? bytes : undefined))
    }
    stream.on('readable', attempt).on('end', onEnd).on('close', onEnd).on('error', onError)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    else if (stream.destroyed || stream.readableEnded) onEnd()
    else attempt()
  })
}
