import { current, Flow, gangDecorator, type ProgramResult, step } from '@flow/core'
import { expectTypeOf, test } from 'vitest'
import { type MeshApi, ssh, sshMesh, type Ssh, type SshNode } from '@flow/ssh'

test('the decorator', () => {
  class Good extends Flow {
    @ssh() @step start() {}
    @ssh({ server: 'builtin', mesh: true, keyType: 'rsa' }) @step end() {}
  }
  // @ts-expect-error there is no such server
  ssh({ server: 'dropbear' })
  // @ts-expect-error there is no such option
  ssh({ port: 22 })
  class Bad extends Flow {
    // @ts-expect-error the decorator wants parentheses
    @ssh
    @step
    start() {}
  }
  void [Good, Bad]
})

test('current.ssh', () => {
  expectTypeOf(current.ssh).toEqualTypeOf<Ssh>()
  expectTypeOf(current.ssh.nodes).toEqualTypeOf<readonly SshNode[]>()
  const use = async (): Promise<void> => {
    expectTypeOf(await current.ssh.exec(1, ['sleep', 1], { timeout: 5, cwd: 'a' })).toEqualTypeOf<ProgramResult>()
    expectTypeOf(await current.ssh.copy(['a', 'b'], 'node1:c')).toEqualTypeOf<ProgramResult>()
    // @ts-expect-error a command's input does not cross
    await current.ssh.exec('node1', 'cat', { input: 1 })
    // @ts-expect-error where to
    await current.ssh.copy('a')
  }
  void use
})

test('the mesh, for extensions', () => {
  gangDecorator({
    name: 'x',
    core: '*',
    uses: [sshMesh],
    setup(gang) {
      expectTypeOf(gang.use(sshMesh)).toEqualTypeOf<MeshApi>()
      gang.use(sshMesh).require({ mesh: true })
    },
  })
})
