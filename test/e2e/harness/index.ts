export { commandOf, type Finished, type FlowProcess, parentOf, type StartOptions } from '@flow/core/testing'
export { cgroupDirs, expectCoded, expectGone, expectNoStack, expectNothingLeft, expectOk } from './expectations.js'
export { Project } from './project.js'
export { endings, expectSaved, killRank, ranksWait, savesPy } from './saving-ranks.js'
