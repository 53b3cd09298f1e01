/**
 * `items.map(map)`, but the very same array where no item changed: what is remembered of an array is
 * remembered of that very one, and an unchanged history costs no new one.
 */
export function mapKeeping<Item>(items: Item[], map: (item: Item, index: number) => Item): Item[] {
  let mapped: Item[] | undefined
  for (const [index, item] of items.entries()) {
    const next = map(item, index)
    if (next !== item) mapped ??= items.slice(0, index)
    mapped?.push(next)
  }
  return mapped ?? items
}
