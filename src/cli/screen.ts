/** What is drawn over and over on a whole terminal, which is as it was when that is over. */
export interface Screen {
  /** Draws a text; lines that there is no room for are left out. Each of its lines must be printable. */
  draw(text: string): void;
  /** Aborted by q, Escape or Ctrl-C. */
  readonly quit: AbortSignal;
  /** Calls back when the size of the terminal has changed. */
  onResize(redraw: () => void): void;
  close(): void;
}

const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';

interface Input {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  off(event: 'data', listener: (chunk: Buffer) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

interface Output {
  readonly rows?: number;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

/** Takes the terminal until `close`. */
export function openScreen(input: Input = process.stdin, output: Output = process.stdout): Screen {
  const quit = new AbortController();
  const listeners: (() => void)[] = [];
  const hear = (chunk: Buffer) => {
    // A sequence of a key, such as an arrow, begins with Escape, too.
    const keys = chunk.toString('latin1');
    if (['q', 'Q', '\u0003', '\u001b'].includes(keys)) quit.abort();
  };
  if (input.isTTY) {
    input.setRawMode?.(true);
    input.on('data', hear);
    input.resume();
  }
  output.write(enter);
  return {
    quit: quit.signal,
    draw(text) {
      const lines = text.split('\n').slice(0, Math.max(1, (output.rows ?? 24) - 1));
      output.write(home + lines.map((line) => `${line}${clearLine}`).join('\r\n') + clearBelow);
    },
    onResize(redraw) {
      listeners.push(redraw);
      output.on('resize', redraw);
    },
    close() {
      for (const listener of listeners) output.off('resize', listener);
      if (input.isTTY) {
        input.off('data', hear);
        input.setRawMode?.(false);
        input.pause();
      }
      output.write(leave);
    },
  };
}
