#!/usr/bin/env node
// Old syntax only, up to the check: this file has to be parsed by the very Node versions that it turns away.
import fs from 'fs'
import nodeModule from 'module'

var manifest = JSON.parse(fs.readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
var needed = /\d+(\.\d+)*/.exec(manifest.engines.node)[0]

function isOlder(found, wanted) {
  var a = found.split('.')
  var b = wanted.split('.')
  for (var i = 0; i < b.length; i++) {
    var difference = parseInt(a[i], 10) - parseInt(b[i], 10)
    if (difference !== 0) return difference < 0
  }
  return false
}

if (isOlder(process.versions.node, needed)) {
  process.stderr.write(
    'FLOW_NODE_TOO_OLD: flow needs Node.js ' + needed + ' or newer, this is ' + process.versions.node + '\n',
  )
  process.exitCode = 2
} else {
  // Half of the time to the first line of output is the compiling of modules that did not change since the last start.
  nodeModule.enableCompileCache()
  void import('../dist/bundle/main.js')
}
