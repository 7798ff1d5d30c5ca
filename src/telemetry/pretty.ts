import { styleText } from 'node:util';

const colours = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

/** A pino destination for a terminal: time, level, message, then the fields as `name=value`. */
export function prettyStream(terminal: { write(text: string): unknown }): { write(line: string): void } {
  return {
    write(line) {
      const { level, time, msg, stack, ...fields }: { [name: string]: unknown } = JSON.parse(line);
      const rest = Object.entries(fields).map(
        ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      );
      const colour = colours[level as keyof typeof colours] ?? 'white';
      const head = `${String(time).slice(11, 19)} ${styleText(colour, String(level).padEnd(5))} ${msg}`;
      terminal.write(`${head} ${styleText('gray', rest.join(' '))}\n${stack === undefined ? '' : `${stack}\n`}`);
    },
  };
}
