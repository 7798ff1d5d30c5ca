/** A line of a body's shape. */
export interface OutlineLine {
  readonly depth: number;
  /** Of the field or, in brackets, the element; empty for the body itself. */
  readonly name: string;
  /** What is there, such as `<text of 27>`; for an object or an array how much. */
  readonly kind: string;
}

const most = 2_000;

/** The shape of a body, a line for each field; arrays show the first ten elements. */
export function outline(shape: unknown): readonly OutlineLine[] {
  const lines: OutlineLine[] = [];
  add(lines, 0, '', shape);
  if (lines.length < most) return lines;
  return [...lines.slice(0, most), { depth: 0, name: '…', kind: 'more lines are left out' }];
}

function add(lines: OutlineLine[], depth: number, name: string, value: unknown): void {
  if (lines.length > most) return;
  if (Array.isArray(value)) {
    lines.push({ depth, name, kind: `array of ${value.length}` });
    for (const [index, each] of value.slice(0, 10).entries()) add(lines, depth + 1, `[${index}]`, each);
    if (value.length > 10) lines.push({ depth: depth + 1, name: '…', kind: `${value.length - 10} more` });
  } else if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value);
    lines.push({ depth, name, kind: `object of ${fields.length}` });
    for (const [field, each] of fields) add(lines, depth + 1, field, each);
  } else {
    lines.push({ depth, name, kind: String(value) });
  }
}
