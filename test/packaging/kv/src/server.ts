import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

const [, , host = '', port = '', tokenFile = ''] = process.argv
const token = readFileSync(tokenFile, 'utf8')
const values = new Map<string, unknown>()

/** GET reads, PUT writes, POST adds a number. The answer is the value as JSON; null where there is none. */
async function answer(request: IncomingMessage): Promise<unknown> {
  const key = request.url ?? ''
  if (request.method === 'PUT') values.set(key, JSON.parse(await text(request)))
  if (request.method === 'POST') {
    // Read before the old value is: between the two no other request may come.
    const by = Number(await text(request))
    values.set(key, Number(values.get(key) ?? 0) + by)
  }
  return values.get(key) ?? null
}

const server = createServer((request, response) => {
  if (request.headers.authorization !== `Bearer ${token}`) {
    response.writeHead(401).end()
    return
  }
  answer(request).then(
    value => response.end(JSON.stringify(value)),
    (error: unknown) => response.writeHead(400).end(String(error)),
  )
})
server.listen(Number(port), host, () => console.log('kv is ready'))
