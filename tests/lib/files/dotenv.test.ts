import { expect, test } from 'bun:test'
import { parseDotenv } from '../../../src/lib/files/dotenv.ts'

test.each<[string, string, Record<string, string>]>([
  ['a value', 'A=b', { A: 'b' }],
  ['blanks around the sign and at the ends', '  A = b  \n', { A: 'b' }],
  ['export', 'export A=b', { A: 'b' }],
  ['a name in quotes', "'A'=b", { A: 'b' }],
  ['a byte order mark', '\ufeffA=b', { A: 'b' }],
  ['line ends of other systems', 'A=1\r\nB=2\rC=3', { A: '1', B: '2', C: '3' }],
  ['a comment, and one behind a value', '# x\nA=b # c\n', { A: 'b' }],
  ['a sharp within a value', 'A=b#c', { A: 'b#c' }],
  ['a sharp in quotes', 'A="b # c"', { A: 'b # c' }],
  ['an empty value', 'A=\nB=""', { A: '', B: '' }],
  ['a name without a value', 'A\nB=2', { B: '2' }],
  ['a value over several lines', 'A="1\n2"\nB=3', { A: '1\n2', B: '3' }],
  ['escapes in double quotes', 'A="1\\n2\\"3"', { A: '1\n2"3' }],
  ['next to none in single quotes', "A='1\\n2\\'3'", { A: "1\\n2'3" }],
  ['a sign of equality within a value', 'A=b=c', { A: 'b=c' }],
  ['a variable of the file', 'A=1\nB=${A}-2', { A: '1', B: '1-2' }],
  ['a variable with a default', 'A=1\nB=${A:-2}', { A: '1', B: '1' }],
  ['a variable of elsewhere stays', 'B=${A}-${C:-d}', { B: '${A}-${C:-d}' }],
  ['the last of two', 'A=1\nA=2', { A: '2' }],
])('%s', (_, text, values) => expect(parseDotenv(text)).toEqual({ values, broken: [] }))

test.each([
  ['a quote that stays open', 'A=1\nB="x\nC=3', [2]],
  ['words behind a quote', 'A="x" y\n', [1]],
  ['a line without a name', '=x\nA=1\n', [1]],
])('%s is a broken line', (_, text, broken) => expect(parseDotenv(text).broken).toEqual(broken))
