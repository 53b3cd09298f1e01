/** A process of its own that appends API keys to a file: `bun append-key.ts FILE NAME COUNT`. */

import { editText } from '../../src/config/edit/index.ts'
import { compileTable } from '../../src/config/index.ts'
import { createRoutesFile } from '../../src/config/routes-file.ts'
import { kinds } from '../../src/providers/index.ts'
import { fileDocument } from '../../src/store/documents/folder.ts'

const [path = '', name = '', count = '1'] = process.argv.slice(2)
const file = createRoutesFile({
  name: 'routes.yaml',
  ...fileDocument(path, Date.now),
  salt: new Uint8Array(16),
  check: text => compileTable('routes.yaml', text, { env: {}, readFile: () => '', kinds }),
})
for (let index = 0; index < Number(count); index++) {
  const changed = await file.change(text =>
    editText(text, [{ op: 'append', path: ['api-keys'], value: `key-of-${name}-${index}` }]),
  )
  if (!changed.ok) throw new Error(changed.message)
}
