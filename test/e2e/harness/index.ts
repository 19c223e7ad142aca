export { cgroupDirs, expectCoded, expectNoStack, expectNothingLeft, expectOk } from './expectations.js'
export { Finished, FlowProcess, type JsonEvent } from './flow-process.js'
export { commandOf, expectGone, parentOf } from './processes.js'
export { Project, type StartOptions } from './project.js'
