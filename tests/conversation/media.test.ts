import { describe, expect, test } from 'bun:test'
import {
  type ConversationRequest,
  type Part,
  withValidMedia,
} from '../../src/conversation/index.ts'

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC'

function image(mediaType: string, data: string): Part {
  return { type: 'image', source: { from: 'base64', mediaType, data } }
}

function request(parts: Part[]): ConversationRequest {
  return {
    system: [],
    messages: [{ role: 'user', parts }],
    tools: [],
    toolChoice: { mode: 'auto' },
    sampling: {},
    format: { type: 'text' },
  }
}

function mended(part: Part): { part: Part | undefined; broken: string[] } {
  const broken: string[] = []
  const { messages } = withValidMedia(request([part]), reason => void broken.push(reason))
  return { part: messages[0]?.parts[0], broken }
}

describe('pictures in a history', () => {
  test('that are sound stay, and with them the request itself', () => {
    const asked = request([image('image/png', PNG), { type: 'text', text: 'x' }])
    expect(withValidMedia(asked, () => {})).toBe(asked)
  })

  test('of another type than they say are called what they are', () => {
    expect(mended(image('image/jpeg', PNG))).toEqual({ part: image('image/png', PNG), broken: [] })
  })

  test('that are broken become a note, also inside a result', () => {
    for (const data of ['', 'not base64 at all!', 'AAAAAAAAAAAA']) {
      const { part, broken } = mended(image('image/png', data))
      expect(part).toEqual({ type: 'text', text: '[an image that is no image/png was left out]' })
      expect(broken).toHaveLength(1)
    }
    const result: Part = {
      type: 'tool-result',
      callId: 'c',
      parts: [image('image/png', 'x')],
      failed: false,
      runsOn: 'client',
    }
    const { part } = mended(result)
    expect(part?.type === 'tool-result' && part.parts[0]?.type).toBe('text')
  })

  test('of kinds we do not know are left to the upstream', () => {
    const part = image('image/heic', 'AAAA')
    expect(mended(part).part).toBe(part)
  })
})
