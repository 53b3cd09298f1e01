import { expect, test } from 'bun:test'
import { isScalar, parseDocument } from 'yaml'
import { aliasTargets } from '../../../src/lib/files/yaml-aliases.ts'

test.each<[string, string, unknown[]]>([
  ['the anchor before it', 'a: &x 1\nb: *x\n', [1]],
  ['the last of several before it', 'a: &x 1\nb: &x 2\nc: *x\nd: &x 3\n', [2]],
  ['what is merged', 'a: &x 1\nb: { <<: *x }\n', [1]],
  ['nothing before its anchor', 'a: *x\nb: &x 1\n', []],
])('an alias stands for %s', (_, text, expected) => {
  const targets = [...aliasTargets(parseDocument(text)).values()]
  expect(targets.map(node => isScalar(node) && node.value)).toEqual(expected)
})
