// The program of a body: the code package's own entry turns the compile cache on, then imports this.
import { runBody } from './run-body.js'

runBody()
