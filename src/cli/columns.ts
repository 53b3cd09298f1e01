/** Rows as lines with aligned columns: the first to the left, the others where `align` says. */
export function columns(
  rows: readonly (readonly string[])[],
  align: 'left' | 'right' = 'left',
): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map(row => row[at]?.length ?? 0)))
  const cell = (text: string, at: number): string =>
    at === 0 || align === 'left' ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)
  return rows.map(row => row.map(cell).join('  ').trimEnd())
}
