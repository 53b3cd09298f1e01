export { jsonSchema } from './editor.ts'
export { Routes } from './routes.ts'
export { harmlessValues } from './values.ts'
