import { parseCount } from '../config/schema/units.ts'
import { ABILITIES, type Ability } from '../conversation/index.ts'
import { codecs } from '../protocols/index.ts'
import { CLIENTS, isClient } from '../routing/facts.ts'
import type { HypotheticalRequest } from './explain.ts'

/** The conditions of a hypothetical request, as a user writes them. */
export type RequestOptions = {
  client?: string | undefined
  protocol?: string | undefined
  key?: string | undefined
  /** `NAME=VALUE` */
  header?: readonly string[] | undefined
  'input-tokens'?: string | undefined
  tool?: readonly string[] | undefined
  hour?: string | undefined
  /** One or more a word, with commas. */
  needs?: readonly string[] | undefined
  thinking?: boolean | undefined
  images?: boolean | undefined
  stream?: boolean | undefined
}

/** Throws for a value that no request could have. `spelled`: how the user writes a condition. */
export function parseHypothetical(
  options: RequestOptions,
  spelled: (condition: string) => string,
): HypotheticalRequest {
  const wrong = (condition: string, value: string, expected: string): Error =>
    new Error(`${spelled(condition)} ${value}: expected ${expected}`)
  const { client, protocol, hour, key, header, tool, needs } = options
  if (client !== undefined && !isClient(client))
    throw wrong('client', client, `one of ${CLIENTS.join(', ')}`)
  const spoken = codecs.find(codec => codec.protocol === protocol)?.protocol
  if (protocol !== undefined && !spoken)
    throw wrong('protocol', protocol, `one of ${codecs.map(codec => codec.protocol).join(', ')}`)
  if (hour !== undefined && !/^([01]?\d|2[0-3])$/.test(hour)) throw wrong('hour', hour, '0 to 23')
  const tokens = options['input-tokens']
  const inputTokens = parseCount(tokens)
  if (tokens !== undefined && inputTokens === undefined)
    throw wrong('input-tokens', tokens, 'a count such as 200k')

  function headers(pairs: readonly string[]): Record<string, string> {
    return Object.fromEntries(
      pairs.map(pair => {
        const at = pair.indexOf('=')
        if (at < 1) throw wrong('header', pair, 'NAME=VALUE')
        return [pair.slice(0, at).toLowerCase(), pair.slice(at + 1)]
      }),
    )
  }

  function abilities(words: readonly string[]): Ability[] {
    return words
      .flatMap(list => list.split(','))
      .map(word => {
        const ability = ABILITIES.find(known => known === word)
        if (!ability) throw wrong('needs', word, `some of ${ABILITIES.join(', ')}`)
        return ability
      })
  }

  return {
    client,
    ...(spoken ? { protocol: spoken } : {}),
    key,
    hour: hour === undefined ? undefined : Number(hour),
    inputTokens,
    ...(header ? { headers: headers(header) } : {}),
    ...(tool ? { tools: tool } : {}),
    ...(needs ? { needs: abilities(needs) } : {}),
    thinking: options.thinking === true,
    images: options.images === true,
    stream: options.stream !== false,
  }
}
