import { Document, isCollection, isMap, isPair, isScalar, type Node, type Pair, visit } from 'yaml'
import { type Draft, isEmpty, mergeNotes, type Note, type Routes } from './draft.ts'

/** What is written above each section, in the order in which a reader wants to know. */
const SECTIONS: readonly (readonly [section: keyof Routes, about?: string])[] = [
  ['version'],
  ['server', 'Where to listen.'],
  ['api-keys', 'Who may call.'],
  ['auth-dir', 'The folder of signed-in accounts, used as it lies.'],
  ['providers', 'Who answers.'],
  ['models', 'What clients may ask for.'],
  ['aliases', 'Other names, used only where no model of that name exists.'],
  ['force', 'Other names, used even where a model of that name exists.'],
  ['policy', 'How to share and retry.'],
  ['logging', 'How much to log.'],
  ['usage', 'Whether to count what is used.'],
  ['rules', 'Changes to requests, in order.'],
  ['remote-management', 'The management API and page.'],
  ['amp', 'The relay to Amp.'],
]

/** The draft as a routes.yaml whose comments say where each part comes from and what is missing. */
export function renderDraft(draft: Draft): string {
  const head = [
    'yaml-language-server: $schema=http://127.0.0.1:8317/routes.schema.json',
    `Taken over from ${draft.from} by "jackfield import".`,
    ...listed(
      'Not taken over, or different here:',
      draft.notes.filter(({ loses }) => loses),
    ),
  ]
  const { routes } = draft
  const sections = SECTIONS.filter(([section]) => !isEmpty(routes[section])).map(
    ([section, about]) => sectionText(draft, section, about),
  )
  const tail = draft.closing.length > 0 ? [commented(draft.closing)] : []
  return `${[`${commented(head)}\n${sections.shift()}`, ...sections, ...tail].join('\n\n')}\n`
}

function listed(title: string, notes: readonly Note[]): string[] {
  if (notes.length === 0) return []
  return [title, ...mergeNotes(notes).map(({ about, text }) => `  ${about}: ${text}`)]
}

function commented(lines: readonly string[]): string {
  return lines.map(line => `# ${oneLine(line)}`.trimEnd()).join('\n')
}

/** What comes from another file may hold line breaks, which would end the comment. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, ' ')
}

function sectionText(draft: Draft, section: keyof Routes, about: string | undefined): string {
  const document = new Document(
    { [section]: draft.routes[section] },
    // What stands twice is written twice: anchors are for those who write by hand.
    { aliasDuplicateObjects: false },
  )
  if (isMap(document.contents)) {
    const [pair] = document.contents.items
    if (pair) explainEntries(pair, section, draft)
  }
  shorten(document)
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: true }).trimEnd()
  return about ? `# ${about}\n${text}` : text
}

/** A comment before an entry, unless it is that of the entry before. */
function explainEntries(pair: Pair, section: keyof Routes, { origins }: Draft): void {
  if (!isCollection(pair.value)) return
  let before: string | undefined
  for (const [index, item] of pair.value.items.entries()) {
    const node = isPair(item) ? item.key : item
    const name = isPair(item) && isScalar(item.key) ? String(item.key.value) : String(index)
    const origin = origins.get(`${section}\0${name}`)
    if (origin !== undefined && origin !== before && isNode(node))
      node.commentBefore = ` ${oneLine(origin)}`
    before = origin
  }
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isCollection(value)
}

const SHORT = 60

/** What is small goes on one line, below the entries themselves. */
function shorten(document: Document): void {
  visit(document, {
    Collection(_, node, path) {
      if (path.filter(isCollection).length < 3) return undefined
      if (JSON.stringify(node).length > SHORT) return undefined
      node.flow = true
      return visit.SKIP
    },
  })
}
