import { droppedRows, type Row, unneededRows } from '../rows.ts'

const CLIENT =
  'is for starting Claude Code, which you start yourself; the gateway says how when it starts'
const PRESET = 'describes a preset for others to install, which this file is not'

/** Settings that are not taken over, with the reason of each. */
export const LEFT_BEHIND: readonly Row[] = [
  ...droppedRows({
    CUSTOM_ROUTER_PATH:
      'a program of your own chose there; write what it does as conditions (when) under models',
    REWRITE_SYSTEM_PROMPT: 'system prompts go as the client wrote them',
    transformers:
      'programs of your own cannot change requests here; rules can set, default and remove members',
    'plugins Plugins': 'there are no plugins; usage is counted and shown without one',
    LOG_FILE: 'the log goes to stderr; send it to a file with 2>>jackfield.log',
  }),
  ...unneededRows({
    LOG: 'the log goes to stderr; send it to a file with 2>>jackfield.log',
    LOG_LEVEL: 'its default was debug; write logging.level: debug to see who was tried and why',
    'StatusLine CLAUDE_PATH NON_INTERACTIVE_MODE claudeCodeSettings noServer': CLIENT,
    forceUseImageAgent:
      'requests with images go to Router.image as they are, without an agent of its own',
    TIMEOUT: 'was not used for anything',
    'name version description author homepage repository license keywords': PRESET,
  }),
]
