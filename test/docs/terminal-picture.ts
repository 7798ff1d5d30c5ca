import type { Printed } from '../support/terminal.js';

/** A piece of a line, in the colour of its SGR number (ECMA-48); undefined: that of the text. */
interface Piece {
  readonly text: string;
  readonly colour?: number | undefined;
}

interface Line {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly pieces: readonly Piece[];
}

/** On the ground of the picture each has a contrast of more than 4.5. */
const colours: { readonly [sgr: number]: string } = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 90: '#9198a1' };
const [ground, ink, frame] = ['#0d1117', '#e6edf3', '#3d444d'];
const [character, lineHeight, margin] = [8, 19, 16];
/** Milliseconds: a first look at what is there, and the longest wait between two lines. */
const [firstWait, longestWait] = [600, 1_500];

const introducer = '\u001b[';

/** The lines that a program has printed; of what a terminal obeys, only colours are understood. */
export function readLines(printed: readonly Printed[]): readonly Line[] {
  const lines: { at: number; pieces: Piece[] }[] = [{ at: 0, pieces: [] }];
  let colour: number | undefined;
  for (const { at, text } of printed) {
    for (const [index, part] of text.split(introducer).entries()) {
      const end = index === 0 ? 0 : part.indexOf('m') + 1;
      if (end > 0) colour = readColour(part.slice(0, end - 1));
      for (const [row, piece] of part.slice(end).split(/\r?\n/).entries()) {
        if (row > 0) lines.push({ at, pieces: [] });
        if (piece !== '') lines.at(-1)?.pieces.push({ text: piece, colour });
      }
    }
  }
  return lines.at(-1)?.pieces.length === 0 ? lines.slice(0, -1) : lines;
}

function readColour(sgr: string): number | undefined {
  return Number(sgr) in colours ? Number(sgr) : undefined;
}

export function textOf({ pieces }: Line): string {
  return pieces.map(({ text }) => text).join('');
}

/** An SVG in which the lines appear as they were printed, with long waits shortened; all of them where motion is not wanted. */
export function drawLines(lines: readonly Line[], columns: number, title: string): string {
  const width = columns * character + 2 * margin;
  const height = lines.length * lineHeight + 2 * margin;
  let shownAt = firstWait;
  let before = 0;
  const rows = lines.map((line, index) => {
    shownAt += Math.min(longestWait, Math.max(0, line.at - before));
    before = line.at;
    const spans = line.pieces.map(({ text, colour }) =>
      colour === undefined ? escapeXml(text) : `<tspan fill="${colours[colour]}">${escapeXml(text)}</tspan>`,
    );
    const y = margin + (index + 1) * lineHeight - 5;
    const length = textOf(line).length * character;
    if (length === 0) return '';
    return `<text x="${margin}" y="${y}" textLength="${length}" lengthAdjust="spacingAndGlyphs" style="animation-delay:${Math.round(shownAt)}ms">${spans.join('')}</text>\n`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" xml:space="preserve" role="img" aria-label="${escapeXml(title)}">
<title>${escapeXml(title)}</title>
<style>
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: ${ink}; white-space: pre; animation: appear 1ms both }
@keyframes appear { from { opacity: 0 } }
@media (prefers-reduced-motion: reduce) { text { animation: none } }
</style>
<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="${ground}" stroke="${frame}"/>
${rows.join('')}</svg>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
