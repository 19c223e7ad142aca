import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { FlowError } from '../../errors/index.js'
import { findTemplate, type FoundTemplate } from '../find-template.js'
import { ownVersion } from '../own-version.js'
import type { CommandModule } from './table.js'

export const configure: CommandModule['configure'] = (command, session) => {
  command
    .argument('[dir]', 'the folder', '.')
    .option('--template <name>', "a template of an extension that is installed: 'mpi' is that of @flow/mpi")
    .option('--json', 'print the names of the files as JSON')
    .addHelpText(
      'after',
      '\nNothing is ever overwritten.\n\nExamples:\n  flow init\n  flow init my-flow && cd my-flow && npm install && npx flow run flow.ts\n  flow init my-flow --template mpi',
    )
    .action(async (argument: string, flags: { json?: boolean; template?: string }) => {
      const dir = session.path(argument)
      const found =
        flags.template === undefined
          ? undefined
          : // Where flow itself is, its extensions are too: `npx --package` installs them together.
            await findTemplate(flags.template, [dir, session.io.cwd, import.meta.dirname])
      const files = firstFlow(packageName(basename(dir)), found)
      writeFiles(dir, files)
      if (flags.json === true) return session.printJson({ dir, files: Object.keys(files) })
      const where = relative(session.io.cwd, dir)
      for (const name of Object.keys(files)) session.out.write(`wrote ${join(where, name)}\n`)
      session.out.write(`\nNext:\n${where === '' ? '' : `  cd ${where}\n`}  npm install\n  npx flow run flow.ts\n`)
    })
}

/** Writes all of the files or, when one of them exists, none. */
function writeFiles(dir: string, files: Readonly<Record<string, string>>): void {
  const existing = Object.keys(files).filter(name => existsSync(join(dir, name)))
  if (existing.length > 0) {
    throw new FlowError('FLOW_CLI_EXISTS', {
      message: `${existing.join(', ')} in ${dir} would be overwritten`,
      why: 'flow init starts a new project and leaves what exists alone.',
      fix: 'Choose an empty folder: flow init my-flow',
      details: { dir, existing },
    })
  }
  mkdirSync(dir, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text, { flag: 'wx' })
}

/** A package name made of a folder's: lower case, digits and dashes. */
function packageName(folder: string): string {
  return (
    folder
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'my-flow'
  )
}

function firstFlow(name: string, found: FoundTemplate | undefined): Record<string, string> {
  const core = { '@flow/core': `^${ownVersion()}` }
  const manifest = {
    name,
    private: true,
    type: 'module',
    scripts: { start: 'flow run flow.ts', check: 'tsc && flow check flow.ts' },
    dependencies: found === undefined ? core : { ...core, [found.packageName]: `^${found.version}` },
    devDependencies: { '@types/node': '^24.0.0', typescript: '^7.0.2' },
  }
  const tsconfig = {
    compilerOptions: {
      target: 'ES2024',
      module: 'NodeNext',
      lib: ['ES2024', 'ESNext.Disposable', 'ESNext.Decorators'],
      types: ['node'],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
    },
    include: ['*.ts'],
  }
  return {
    'package.json': `${JSON.stringify(manifest, undefined, 2)}\n`,
    'tsconfig.json': `${JSON.stringify(tsconfig, undefined, 2)}\n`,
    ...(found?.template.files ?? { 'flow.ts': flowSource }),
    '.gitignore': 'node_modules/\n.flow/\n',
  }
}

const flowSource = `import { Flow, type Inputs, parameter, step } from '@flow/core'

export default class Hello extends Flow {
  name = parameter({ default: 'world', help: 'whom to greet' })
  letters: string[] = []
  loud = ''

  @step start() {
    this.letters = [...this.name]
    this.next(this.shout, { foreach: 'letters' })
  }

  @step shout() {
    this.loud = String(this.input).toUpperCase()
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.loud = inputs.map(input => input.loud).join('')
    this.next(this.end)
  }

  @step end() {
    console.log(\`Hello \${this.loud}\`)
  }
}
`
