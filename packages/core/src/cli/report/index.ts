export { formatDefect } from './defect.js'
export { formatError, formatPosition, indent } from './print-error.js'
export { formatVerdict } from './print-verdict.js'
