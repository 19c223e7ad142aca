export { formatDefect } from './defect.js'
export { formatError } from './print-error.js'
export { formatVerdict } from './print-verdict.js'
