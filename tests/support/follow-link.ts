import { browse } from './user-agent.ts'

/** A program that `BROWSER` may name: opens the link, signs in and consents. */
await browse(process.argv[2] ?? '')
