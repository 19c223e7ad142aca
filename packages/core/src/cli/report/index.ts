export { formatDefect } from './defect.js'
export { formatError } from './print-error.js'
export { formatHint, formatVerdict } from './print-verdict.js'
