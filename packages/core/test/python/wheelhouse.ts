import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of wheels that pip installs from without a network, and a cache beside it. */
export class Wheelhouse implements Disposable {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'flow-python-')))
  readonly wheels = join(this.root, 'wheels')
  readonly cacheDir = join(this.root, 'cache')
  /** pip's own settings, as a user would have them. */
  readonly env: NodeJS.ProcessEnv = {
    ...process.env,
    PIP_NO_INDEX: '1',
    PIP_FIND_LINKS: this.wheels,
    PIP_EXTRA_INDEX_URL: '',
    PIP_CONFIG_FILE: '/dev/null',
  }

  constructor() {
    mkdirSync(this.wheels)
  }

  /** A pure wheel with one module whose `VERSION` is the version. */
  addWheel(name: string, version: string): void {
    const script = `import sys, zipfile
name, version, target = sys.argv[1:]
info = f'{name}-{version}.dist-info'
with zipfile.ZipFile(f'{target}/{name}-{version}-py3-none-any.whl', 'w') as wheel:
  wheel.writestr(f'{name}.py', f'VERSION = {version!r}')
  wheel.writestr(f'{info}/METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n')
  wheel.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
  wheel.writestr(f'{info}/RECORD', '')
`
    execFileSync('python3', ['-c', script, name, version, this.wheels])
  }

  /** A source package whose build says its pid in a file, ignores SIGTERM and never ends. */
  addEndlessBuild(name: string, pidFile: string): void {
    const source = join(this.root, name)
    mkdirSync(source)
    writeFileSync(
      join(source, 'pyproject.toml'),
      `[build-system]\nrequires = []\nbuild-backend = "endless"\nbackend-path = ["."]\n[project]\nname = "${name}"\nversion = "1.0"\n`,
    )
    const backend = `import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(${JSON.stringify(`${pidFile}.new`)}, 'w').write(str(os.getpid()))
os.rename(${JSON.stringify(`${pidFile}.new`)}, ${JSON.stringify(pidFile)})
while True: signal.pause()
`
    writeFileSync(join(source, 'endless.py'), backend)
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
