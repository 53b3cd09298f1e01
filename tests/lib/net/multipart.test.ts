import { expect, test } from 'bun:test'
import { multipartFields } from '../../../src/lib/net/multipart.ts'

const TYPE = 'multipart/form-data; boundary=mark'
const field = (name: string, value: string): string =>
  `--mark\r\ncontent-disposition: form-data; ${name}\r\n\r\n${value}\r\n`

function fieldsIn(body: string, type = TYPE): string[] {
  const bytes = new TextEncoder().encode(body)
  return multipartFields(bytes, type, 'model').map(({ value, at: [start, end] }) => {
    // Where it stands is where its value is.
    expect(new TextDecoder().decode(bytes.subarray(start, end))).toBe(value)
    return value
  })
}

test.each([
  ['one', `${field('name="model"', 'm')}--mark--\r\n`, ['m']],
  ['one among others', `${field('name="a"', 'x')}${field('name="model"', 'm')}--mark--`, ['m']],
  ['two', `${field('name="model"', 'm')}${field('name="model"', 'n')}--mark--`, ['m', 'n']],
  ['an empty one', `${field('name="model"', '')}--mark--`, ['']],
  ['one of several bytes a character', `${field('name="model"', 'é中')}--mark--`, ['é中']],
  ['a name without quotes', `${field('name=model', 'm')}--mark--`, ['m']],
  ['a name in capitals', `${field('NAME="model"', 'm')}--mark--`, ['m']],
  ['an extended name', `${field("name*=utf-8''model", 'm')}--mark--`, ['m']],
  ['a file of that name', `${field('name="model"; filename="f"', 'm')}--mark--`, ['m']],
  ['bare line feeds', '--mark\ncontent-disposition: form-data; name="model"\n\nm\n--mark--', ['m']],
  ['no last delimiter', field('name="model"', 'm'), ['m']],
  ['one behind the last delimiter', `--mark--\r\n${field('name="model"', 'm')}`, ['m']],
])('found: %s', (_, body, values) => expect(fieldsIn(body)).toEqual(values))

test.each([
  ['a longer name', field('name="models"', 'm')],
  ['a name within another member', field('name="a"; x="name=model"', 'm')],
  ['the head of another header', `--mark\r\nx-a: name="model"\r\n\r\nm\r\n`],
  ['a part without a head', '--mark\r\nname="model"'],
  ['nothing', ''],
])('not found: %s', (_, body) => expect(fieldsIn(body)).toEqual([]))

test.each([
  ['in quotes', 'multipart/form-data; boundary="mark"', ['m']],
  ['none', 'multipart/form-data', []],
  ['two, of which readers take either', `${TYPE}; boundary=other`, []],
])('the boundary: %s', (_, type, values) =>
  expect(fieldsIn(`${field('name="model"', 'm')}--mark--`, type)).toEqual(values),
)
