export type { Edit, Edited } from './edit.ts'
export { editText } from './edit-text.ts'
