import { initial } from './001-initial.js'
import { mode } from './002-mode.js'

/** In order; the database's `user_version` counts how many of them it has. Never change one that was released. */
export const migrations: readonly string[] = [initial, mode]
