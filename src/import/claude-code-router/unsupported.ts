import { names, type Row } from '../rows.ts'

const CLIENT =
  'is for starting Claude Code, which you start yourself; the gateway says how when it starts'
const PRESET = 'describes a preset for others to install, which this file is not'

/** Settings that are not taken over, with the reason of each. */
export const LEFT_BEHIND: readonly Row[] = [
  {
    from: 'CUSTOM_ROUTER_PATH',
    dropped:
      'a program of your own chose there; write what it does as conditions (when) under models',
  },
  { from: 'REWRITE_SYSTEM_PROMPT', dropped: 'system prompts go as the client wrote them' },
  {
    from: 'transformers',
    dropped:
      'programs of your own cannot change requests here; rules can set, default and remove members',
  },
  {
    from: names('plugins Plugins'),
    dropped: 'there are no plugins; usage is counted and shown without one',
  },
  { from: 'LOG_FILE', dropped: 'the log goes to stderr; send it to a file with 2>>jackfield.log' },
  { from: 'LOG', unneeded: 'the log goes to stderr; send it to a file with 2>>jackfield.log' },
  {
    from: 'LOG_LEVEL',
    unneeded: 'its default was debug; write logging.level: debug to see who was tried and why',
  },
  {
    from: names('StatusLine CLAUDE_PATH NON_INTERACTIVE_MODE claudeCodeSettings noServer'),
    unneeded: CLIENT,
  },
  {
    from: 'forceUseImageAgent',
    unneeded: 'requests with images go to Router.image as they are, without an agent of its own',
  },
  { from: 'TIMEOUT', unneeded: 'was not used for anything' },
  {
    from: names('name version description author homepage repository license keywords'),
    unneeded: PRESET,
  },
]
