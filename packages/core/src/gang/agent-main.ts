// The program of a node's agent: the code package's own entry turns the compile cache on, then imports this.
import { runAgent } from './agent/index.js'

runAgent()
