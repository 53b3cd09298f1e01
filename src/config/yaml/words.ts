import type { ErrorCode, YAMLError } from 'yaml'

/** What is wrong, and what to write instead. */
export type Words = { message: string; hint: string }

/** In a message: the text at which the parser stopped. */
const SIGN = '(sign)'

const QUOTES = 'put the value in quotes'
const LOOK_AROUND = 'look at the quotes, brackets and indentation around here'

const ANCHORS = {
  message: 'an anchor or a tag stands where none can',
  hint: 'write &NAME once before a value, and *NAME alone where it shall stand again',
}

/** By the library's code: its own messages are about its grammar. */
const WORDS = {
  ALIAS_PROPS: ANCHORS,
  BAD_ALIAS: { message: 'a star or "&" without a name', hint: 'put the text in quotes: "*…"' },
  BAD_COLLECTION_TYPE: ANCHORS,
  BAD_DIRECTIVE: { message: 'a line cannot begin with "%"', hint: 'put the text in quotes' },
  BAD_DQ_ESCAPE: {
    message: `there is no escape ${SIGN}`,
    hint: 'write \\\\ for a backslash',
  },
  BAD_INDENT: {
    message: 'this line is not in line with the others of its block',
    hint: 'indent it like its neighbours',
  },
  BAD_PROP_ORDER: ANCHORS,
  BAD_SCALAR_START: { message: `a text cannot begin with ${SIGN}`, hint: QUOTES },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a value and another key stand on one line, or the next line is indented too far',
    hint: `${QUOTES}, or write it on lines of its own`,
  },
  BLOCK_IN_FLOW: {
    message: 'lines without brackets stand inside brackets',
    hint: 'inside { … } and [ … ] write everything with brackets and commas',
  },
  DUPLICATE_KEY: { message: 'this key is written twice', hint: 'keep one of them' },
  IMPOSSIBLE: { message: 'this cannot be read', hint: LOOK_AROUND },
  KEY_OVER_1024_CHARS: {
    message: 'a key is longer than 1024 letters',
    hint: 'is a quote or a bracket left open before it?',
  },
  MISSING_CHAR: { message: 'a sign is missing here', hint: LOOK_AROUND },
  MULTILINE_IMPLICIT_KEY: {
    message: 'a key goes on over several lines',
    hint: 'put ":" and a blank behind the key; and look at the quotes and the indentation',
  },
  MULTIPLE_ANCHORS: ANCHORS,
  MULTIPLE_DOCS: {
    message: 'a second document begins here',
    hint: 'take the "---" out: one file is one document',
  },
  MULTIPLE_TAGS: ANCHORS,
  NON_STRING_KEY: { message: 'a key must be a text', hint: 'put it in quotes' },
  RESOURCE_EXHAUSTION: { message: 'it goes too deep', hint: 'take some levels out' },
  TAB_AS_INDENT: { message: 'a tab stands in the indentation', hint: 'indent with spaces' },
  TAG_RESOLVE_FAILED: {
    message: 'a tag means nothing here',
    hint: 'take it out; a secret is written ${NAME} or ${file:path}',
  },
  UNEXPECTED_TOKEN: { message: 'nothing like this can stand here', hint: LOOK_AROUND },
} satisfies Record<ErrorCode, Words>

/** By the library's message, where its code has several causes. */
const CLOSER: readonly (readonly [message: RegExp, words: Words])[] = [
  [
    /^Missing , or :|^Missing , between/,
    {
      message: 'a comma is missing before this',
      hint: 'put commas between, or the text in quotes',
    },
  ],
  [
    /^Missing space after :/,
    { message: 'a blank is missing behind ":"', hint: 'write key: value' },
  ],
  [
    /must be followed by map values|need to be followed by map values/,
    { message: 'this is a key without a value', hint: 'put ":" and a blank behind the key' },
  ],
  [
    /^Sequence item without/,
    { message: 'this is no entry of the list', hint: 'begin it with "- "' },
  ],
  [
    /^Comments must be separated/,
    { message: 'a blank is missing before "#"', hint: `put one before it, or ${QUOTES}` },
  ],
  [/^Block scalar header/, WORDS.BAD_SCALAR_START],
  [
    /token in YAML|flow-(?:map|seq)-end/,
    { message: 'this closes nothing that is open', hint: 'take it out, or open it before' },
  ],
  [
    /^Unexpected , in/,
    { message: 'a comma with nothing before it', hint: 'take it out, or write what is missing' },
  ],
  [/at node end$/, { message: 'something stands behind the end of the value', hint: QUOTES }],
  [
    /^Missing directives-end/,
    { message: 'a line before this one begins with "%"', hint: 'put that in quotes' },
  ],
]

/** `line`: the one at which the parser stopped; `sign`: the text there. */
export function wordsOf({ code, message }: YAMLError, line: string, sign: string): Words {
  const found = CLOSER.find(([pattern]) => pattern.test(message))?.[1] ?? WORDS[code]
  const words = { ...found, message: found.message.replace(SIGN, `"${sign}"`) }
  if (code === 'MULTIPLE_DOCS' || code === 'TAB_AS_INDENT') return words
  if (/^\s*(?:- )?\*/.test(line)) return { ...words, hint: 'put the name in quotes: "*…"' }
  if (/[[{,:]\s*\$\{/.test(line)) return { ...words, hint: 'put ${…} in quotes here: "${NAME}"' }
  return words
}
