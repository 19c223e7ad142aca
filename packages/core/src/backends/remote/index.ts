export { remoteBackend } from './remote-backend.js'
