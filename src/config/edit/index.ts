export { editText } from './apply.ts'
export type { Edit, Edited } from './edit.ts'
