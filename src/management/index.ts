export { createManagement, type Management } from './management.ts'
