import { pathToFileURL } from 'node:url'
import { FlowError } from '../errors/index.js'

/**
 * Requirements as pip reads them (PEP 508), sorted by name.
 *
 * @throws FLOW_PYPI_SPEC
 */
export function requirementsOf(packages: Readonly<Record<string, string>>): string[] {
  return Object.entries(packages)
    .map(([name, version]) => requirementOf(name.trim(), version))
    .toSorted()
}

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\s*\[[A-Za-z0-9._,\s-]*\])?$/

function requirementOf(name: string, given: unknown): string {
  if (!NAME.test(name)) {
    throw new FlowError('FLOW_PYPI_SPEC', {
      message: `'${name}' is no name of a Python package.`,
      fix: "Write the name as on PyPI, e.g. 'mpi4py' or 'ray[default]'.",
    })
  }
  if (typeof given !== 'string') throw badVersion(name, String(given))
  const version = given.trim()
  if (version === '' || version === '*') return name
  if (/[\r\n]/.test(version)) throw badVersion(name, version)
  if (/^(?:[a-z+]+:\/\/|file:)/i.test(version)) return `${name} @ ${version}`
  if (version.startsWith('/')) return `${name} @ ${pathToFileURL(version).href}`
  if (/^(?:[=~!<>]=?=?)\s*[0-9]/.test(version)) return `${name}${version}`
  if (/^[0-9][A-Za-z0-9.*+!_-]*(?:\s*;.*)?$/.test(version)) return `${name}==${version}`
  throw badVersion(name, version)
}

function badVersion(name: string, version: string): FlowError {
  return new FlowError('FLOW_PYPI_SPEC', {
    message: `'${version}' is no version of the Python package ${name}.`,
    fix: "Write a version ('5.0.11'), a range ('>=1,<2'), a URL, or '*'.",
  })
}
