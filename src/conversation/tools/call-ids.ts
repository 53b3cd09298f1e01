import type { Part, PartOf } from '../part.ts'
import type { Message } from '../request.ts'

/** A conversation in which each call has an id of its own, and each result the id of its call. */
export type Distinct = {
  messages: Message[]
  /** Ids for the calls of one reply: their own, or others where an earlier call has them. */
  reply(): (id: string) => string
}

/**
 * Some services number the calls of each reply anew (`call_0`), and their clients send such
 * histories to others. Anthropic refuses an id that occurs twice, and others mix the calls up. Later
 * calls get a number behind the id, the same one every time; a result belongs to the call of its
 * turn that waits longest of those with its id.
 */
export function distinctCallIds(messages: Message[]): Distinct {
  const known = new Set<string>()
  if (isDistinct(messages, known)) return { messages, reply: () => createIds(known) }
  const ids = new Set<string>()
  const next = createIds(new Set(), ids)
  return { messages: renumbered(messages, next), reply: () => createIds(ids) }
}

/** Gives out ids that are neither `known` nor were given out before. */
export function createIds(known: ReadonlySet<string>, given = new Set<string>()) {
  /** The latest number behind each id, so that many repeated ids are not counted anew each time. */
  const numbers = new Map<string, number>()
  const take = (id: string): boolean => !known.has(id) && given.size < given.add(id).size
  return (wanted: string): string => {
    const id = wanted || 'call'
    if (take(id)) return id
    let number = (numbers.get(id) ?? 1) + 1
    while (!take(`${id}_${number}`)) number++
    numbers.set(id, number)
    return `${id}_${number}`
  }
}

export function isClientCall(part: Part): part is PartOf<'tool-call'> {
  return part.type === 'tool-call' && part.runsOn === 'client'
}

function isDistinct(messages: readonly Message[], known: Set<string>): boolean {
  return messages.every(({ parts }) =>
    parts.every(part => !isClientCall(part) || known.size < known.add(part.id).size),
  )
}

function renumbered(messages: readonly Message[], next: (id: string) => string): Message[] {
  const latest = new Map<string, string>()
  let turn = createTurn()
  let before: Message['role'] | undefined
  return messages.map(message => {
    if (message.role === 'assistant' && before !== 'assistant') turn = createTurn()
    before = message.role
    let changed = false
    const parts = message.parts.map((part): Part => {
      if (isClientCall(part)) {
        const id = next(part.id)
        turn.called(part.id, id)
        latest.set(part.id, id)
        if (id === part.id) return part
        changed = true
        return { ...part, id }
      }
      if (part.type !== 'tool-result' || part.runsOn === 'server') return part
      const callId = turn.answered(part.callId) ?? latest.get(part.callId) ?? part.callId
      if (callId === part.callId) return part
      changed = true
      return { ...part, callId }
    })
    return changed ? { ...message, parts } : message
  })
}

type Queue = { ids: string[]; answered: number }

/** The calls of one turn of the assistant, and which of them a result answers. */
function createTurn() {
  const byGiven = new Map<string, Queue>()
  return {
    called(given: string, id: string): void {
      const alike = byGiven.get(given)
      if (alike) alike.ids.push(id)
      else byGiven.set(given, { ids: [id], answered: 0 })
    },
    answered(given: string): string | undefined {
      const queue = byGiven.get(given)
      return queue?.ids[queue.answered++]
    },
  }
}
