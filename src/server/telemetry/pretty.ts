import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { printable, printableLines } from '../../util/printable.js';

const colours = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

/** A pino destination for a terminal: time, level, message, then the fields as `name=value`. In colours, unless `NO_COLOR` is set. What strangers have written does nothing to it. */
export function prettyStream(terminal: Pick<WriteStream, 'write' | 'hasColors'>): { write(line: string): void } {
  const paint: typeof styleText = (format, text) =>
    terminal.hasColors() ? styleText(format, text, { validateStream: false }) : text;
  return {
    write(line) {
      const { level, time, msg, stack, ...fields }: { [name: string]: unknown } = JSON.parse(line);
      const rest = Object.entries(fields).map(([name, value]) =>
        printable(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`),
      );
      const colour = colours[level as keyof typeof colours] ?? 'white';
      const head = `${String(time).slice(11, 19)} ${paint(colour, String(level).padEnd(5))} ${printable(String(msg))}`;
      terminal.write(
        `${head} ${paint('gray', rest.join(' '))}\n${stack === undefined ? '' : `${printableLines(String(stack))}\n`}`,
      );
    },
  };
}
