export { runAgent } from './run-agent.js'
