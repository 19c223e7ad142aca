export type * from './contexts.js'
export {
  allExtensions,
  type ExtensionUse,
  extensionUses,
  type GangHooks,
  type GangHookSet,
  makeGangHooks,
} from './gang-hooks.js'
export { type Hook, type TapOptions } from './tap.js'
