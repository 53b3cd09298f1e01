/** Keys that stand in documents and examples: anybody knows them. */
const SAMPLE_KEYS = new Set([
  'your-api-key',
  'your-api-key-1',
  'your-api-key-2',
  'your-api-key-3',
  'changeme',
  'change-me',
  'secret',
  'sk-xxx',
  'password',
  'api-key',
])

export function isSampleKey(key: string): boolean {
  return SAMPLE_KEYS.has(key.toLowerCase())
}
