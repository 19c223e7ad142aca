import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Store } from '../store/index.js'
import type { Session } from './session.js'

/** The state directory for a flow file, made if need be: `FLOW_HOME`, or `.flow/` beside the nearest package.json. */
export async function homeOfFile(session: Session, flowFile: string): Promise<string> {
  const { resolveHome } = await import('../store/index.js')
  return resolveHome(dirname(flowFile), session.io.env)
}

/** The state directory for the working directory, for commands that take no flow file. Nothing is made. */
export async function homeOfCwd(session: Session): Promise<string> {
  const { locateHome } = await import('../store/index.js')
  return locateHome(session.io.cwd, session.io.env)
}

/** The store of the working directory; undefined where nothing ever ran. */
export async function storeOfCwd(session: Session): Promise<Store | undefined> {
  const home = await homeOfCwd(session)
  if (!existsSync(join(home, 'meta.db'))) return undefined
  const { Store } = await import('../store/index.js')
  return Store.open(home, { makeNothing: true })
}
