import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { renewedGateway } from '../../support/local-gateway.ts'
import { list, object, words } from '../../support/readers/seen.ts'
import { MODELS, ROUTES } from '../../support/wires.ts'

const HEAD = { max_tokens: 4_096, messages: [{ role: 'user', content: 'hi' }] }

/** A model that calls the first tool it is offered. */
async function asked(upstream: 'openai-chat' | 'anthropic', tool: JsonObject, input: JsonObject) {
  const gateway = renewedGateway(ROUTES, ({ text }) => {
    const offered = list((JSON.parse(text) as JsonObject).tools)[0] ?? {}
    const call = { name: words(object(offered.function).name), arguments: JSON.stringify(input) }
    const message = { role: 'assistant', content: null, tool_calls: [{ id: 'c', function: call }] }
    return upstream === 'openai-chat'
      ? Response.json({ id: 'c', choices: [{ message, finish_reason: 'tool_calls' }] })
      : Response.json({ type: 'message', content: [{ type: 'text', text: 'ok' }] })
  })
  const response = await gateway.call('/v1/messages', {
    // The suffix has the request encoded anew also in its own protocol.
    json: { ...HEAD, model: `${MODELS[upstream]}(low)`, tools: [tool] },
  })
  const sent = JSON.parse(gateway.received[0]?.text ?? '{}') as JsonObject
  return { response, tools: list(sent.tools) }
}

describe('tools that the client runs', () => {
  const CASES: [string, JsonObject, JsonObject, string[]][] = [
    ['bash', { type: 'bash_20250124', name: 'bash' }, { command: 'ls' }, ['command', 'restart']],
    [
      'the text editor',
      { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool', max_characters: 900 },
      { command: 'insert', path: '/a', insert_line: 0, insert_text: 'x' },
      [
        'command',
        'file_text',
        'insert_line',
        'insert_text',
        'new_str',
        'old_str',
        'path',
        'view_range',
      ],
    ],
    [
      'the first text editor',
      { type: 'text_editor_20250124', name: 'str_replace_editor' },
      { command: 'undo_edit', path: '/a' },
      ['command', 'file_text', 'insert_line', 'new_str', 'old_str', 'path', 'view_range'],
    ],
    [
      'memory',
      { type: 'memory_20250818', name: 'memory' },
      { command: 'rename', old_path: '/memories/a', new_path: '/memories/b' },
      [
        'command',
        'file_text',
        'insert_line',
        'insert_text',
        'new_path',
        'new_str',
        'old_path',
        'old_str',
        'path',
        'view_range',
      ],
    ],
    [
      'the computer',
      {
        type: 'computer_20241022',
        name: 'computer',
        display_width_px: 1024,
        display_height_px: 768,
      },
      { action: 'left_click', coordinate: [1, 2] },
      ['action', 'coordinate', 'text'],
    ],
    [
      'the computer with zoom',
      { type: 'computer_20251124', name: 'computer', enable_zoom: true },
      { action: 'zoom', region: [0, 0, 9, 9] },
      [
        'action',
        'coordinate',
        'duration',
        'region',
        'scroll_amount',
        'scroll_direction',
        'start_coordinate',
        'text',
      ],
    ],
  ]

  test.each(CASES)(
    '%s: a function elsewhere, called as the client expects',
    async (_, tool, input, parameters) => {
      const { response, tools } = await asked('openai-chat', tool, input)
      expect(response.status).toBe(200)
      expect(response.headers.get('x-jackfield-losses') ?? '').not.toContain('tool')
      const declared = object(tools[0]?.function)
      expect(declared.name).toBe(tool.name ?? '')
      expect(words(declared.description)).not.toBe('')
      const properties = object(object(declared.parameters).properties)
      expect(Object.keys(properties).sort()).toEqual(parameters)
      // What the client is called with is what the schema offers.
      const [kind] = Object.values(input)
      const [first] = Object.values(properties)
      if (tool.name !== 'bash') expect(object(first).enum).toContain(kind ?? '')
      const { content } = (await response.json()) as JsonObject
      expect(list(content)).toMatchObject([{ type: 'tool_use', name: tool.name ?? '', input }])
    },
  )

  test.each(CASES)('%s: as it was in its own protocol', async (_, tool) => {
    const { tools } = await asked('anthropic', tool, {})
    expect(tools).toEqual([tool])
  })

  test('say what of the client’s screen and files the model must know', async () => {
    const [, screen] = CASES[4] ?? []
    const [, editor] = CASES[1] ?? []
    const said = async (tool: JsonObject): Promise<string> =>
      words(object((await asked('openai-chat', tool, {})).tools[0]?.function).description)
    expect(await said(screen ?? {})).toContain('1024 pixels wide and 768 high')
    expect(await said(editor ?? {})).toContain('900 characters')
  })

  test('are told from those that the upstream runs', async () => {
    const search = { type: 'web_search_20250305', name: 'web_search' }
    const { response } = await asked('openai-chat', search, {})
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('tools that the upstream runs itself')
  })
})
