import type { JsonObject } from '../../lib/json/json.ts'
import { number, text } from '../../lib/json/read-json.ts'
import { table } from '../../lib/json/table.ts'

type Declared = { name: string; description: string; parameters: JsonObject }

/**
 * Tools of this protocol's own that the client runs: declared by type alone, since its models know
 * their parameters. For other models they are functions with the documented parameters, and a call
 * of one is what the client expects of the type. Undefined: none of these.
 * @see https://docs.claude.com/en/docs/agents-and-tools/tool-use/overview (as of 2026-09)
 */
export function clientTool(wire: JsonObject): Declared | undefined {
  const [, kind = '', version = ''] = /^([a-z_]+?)_(\d{8})$/.exec(text(wire.type) ?? '') ?? []
  const declared = KINDS[kind]?.(version, wire)
  return declared && { ...declared, name: text(wire.name) ?? declared.name }
}

const KINDS = table<(version: string, wire: JsonObject) => Declared>({
  bash: () => BASH,
  text_editor: textEditor,
  memory: () => MEMORY,
  computer,
})

const string = (description: string): JsonObject => ({ type: 'string', description })
const integer = (description: string): JsonObject => ({ type: 'integer', description })
const choice = (description: string, values: string[]): JsonObject => ({
  type: 'string',
  enum: values,
  description,
})
const integers = (count: number, description: string): JsonObject => ({
  type: 'array',
  items: { type: 'integer' },
  minItems: count,
  maxItems: count,
  description,
})

const BASH: Declared = {
  name: 'bash',
  description:
    'Runs a command in a bash session that stays open between calls: working directory and variables are kept. Give `command`, or `restart` to begin a new session.',
  parameters: {
    type: 'object',
    properties: {
      command: string('The command to run. Required unless `restart` is true.'),
      restart: { type: 'boolean', description: 'True begins a new session instead.' },
    },
  },
}

const FILE_VIEW = 'Of `view`, for a file: the first and the last line, from 1; -1 is the end.'
const FILE_TEXT = 'Of `create`: the content of the file.'
const OLD_STRING = 'Of `str_replace`: the text to replace; it must occur exactly once.'
const NEW_STRING = 'Of `str_replace`: the text in its place.'
const INSERT_LINE = 'Of `insert`: the line after which the text goes; 0 is the beginning.'
const INSERT_TEXT = 'Of `insert`: the text to insert.'

/** From 2025-04 on, edits cannot be undone and the text of `insert` has a name of its own. */
function textEditor(version: string, wire: JsonObject): Declared {
  const first = version < '20250429'
  const most = number(wire.max_characters)
  const cut = most === undefined ? '' : ` At most ${most} characters of a file are shown.`
  return {
    name: first ? 'str_replace_editor' : 'str_replace_based_edit_tool',
    description: `Views, creates and edits text files. \`view\` shows a file with line numbers or lists a directory, \`create\` writes a new file, \`str_replace\` replaces a text that occurs once, \`insert\` adds text after a line${first ? ', `undo_edit` takes the last edit of a file back' : ''}.${cut}`,
    parameters: {
      type: 'object',
      properties: {
        command: choice('What to do.', [
          'view',
          'create',
          'str_replace',
          'insert',
          ...(first ? ['undo_edit'] : []),
        ]),
        path: string('Absolute path of the file, or of the directory to view.'),
        view_range: integers(2, FILE_VIEW),
        file_text: string(FILE_TEXT),
        old_str: string(OLD_STRING),
        new_str: string(first ? `${NEW_STRING} ${INSERT_TEXT}` : NEW_STRING),
        insert_line: integer(INSERT_LINE),
        ...(first ? {} : { insert_text: string(INSERT_TEXT) }),
      },
      required: ['command', 'path'],
    },
  }
}

const MEMORY: Declared = {
  name: 'memory',
  description:
    'Keeps notes in files under /memories, which last beyond this conversation. View the directory before you begin a task, and write down what may be needed later.',
  parameters: {
    type: 'object',
    properties: {
      command: choice('What to do.', [
        'view',
        'create',
        'str_replace',
        'insert',
        'delete',
        'rename',
      ]),
      path: string('Path of the file or directory, such as /memories/notes.txt; not of `rename`.'),
      view_range: integers(2, FILE_VIEW),
      file_text: string(FILE_TEXT),
      old_str: string(OLD_STRING),
      new_str: string(NEW_STRING),
      insert_line: integer(INSERT_LINE),
      insert_text: string(INSERT_TEXT),
      old_path: string('Of `rename`: the path as it is.'),
      new_path: string('Of `rename`: the path as it is to be.'),
    },
    required: ['command'],
  },
}

const ACTIONS = [
  'key',
  'type',
  'mouse_move',
  'left_click',
  'left_click_drag',
  'right_click',
  'middle_click',
  'double_click',
  'screenshot',
  'cursor_position',
]
const ACTIONS_2025 = [
  'left_mouse_down',
  'left_mouse_up',
  'triple_click',
  'scroll',
  'hold_key',
  'wait',
]

function computer(version: string, wire: JsonObject): Declared {
  const later = version >= '20250124'
  const zooms = version >= '20251124' && wire.enable_zoom === true
  const width = number(wire.display_width_px)
  const height = number(wire.display_height_px)
  const size = width && height ? ` The screen is ${width} pixels wide and ${height} high.` : ''
  return {
    name: 'computer',
    description: `Uses the mouse and the keyboard of a computer and looks at its screen. Take a screenshot to see where to click and what an action did.${size}`,
    parameters: {
      type: 'object',
      properties: {
        action: choice('What to do.', [
          ...ACTIONS,
          ...(later ? ACTIONS_2025 : []),
          ...(zooms ? ['zoom'] : []),
        ]),
        coordinate: integers(2, 'Where: x from the left and y from the top, in pixels.'),
        text: string(
          'Of `type`: the text. Of `key` and `hold_key`: the keys as xdotool names them, such as ctrl+s. Of clicks and `scroll`: keys to hold meanwhile.',
        ),
        ...(later
          ? {
              start_coordinate: integers(2, 'Of `left_click_drag`: where it begins.'),
              scroll_direction: choice('Of `scroll`.', ['up', 'down', 'left', 'right']),
              scroll_amount: integer('Of `scroll`: how many clicks of the wheel.'),
              duration: {
                type: 'number',
                description: 'Of `wait` and `hold_key`: how long, in seconds.',
              },
            }
          : {}),
        ...(zooms
          ? { region: integers(4, 'Of `zoom`: left, top, right and bottom, in pixels.') }
          : {}),
      },
      required: ['action'],
    },
  }
}
