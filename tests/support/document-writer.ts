/** A process of its own that replaces `routes.yaml`: `bun document-writer.ts FOLDER SIZE TIMES`. */

import { createFolderStore } from '../../src/store/documents/folder.ts'
import { ABSENT } from '../../src/store/store.ts'

const [folder = '', size = '1', times = '1'] = process.argv.slice(2)
const store = createFolderStore({ folder, now: Date.now })
for (let time = 0; time < Number(times); time++) {
  const found = await store.read('routes.yaml')
  const text = String((time + 1) % 10).repeat(Number(size))
  await store.write('routes.yaml', new TextEncoder().encode(text), found?.version ?? ABSENT)
  if (time === 2) console.log('writing')
}
