import { parentPort } from 'node:worker_threads'
import { countTexts } from './count-texts.ts'
import type { Question } from './tokenizer.ts'

/** Entry of the thread that counts; `scripts/build` names it too. */
parentPort?.on('message', ({ id, texts }: Question) => {
  parentPort?.postMessage({ id, ...countTexts(texts) })
})
