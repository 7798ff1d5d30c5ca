/** A line on a terminal that is drawn over and over. On anything else than a terminal it shows nothing. */
export interface ProgressBar {
  /** `fraction` from 0 to 1. */
  show(fraction: number, text: string): void;
  /** Wipes the line. */
  clear(): void;
}

/** The part of a stream that a progress line needs. */
interface Terminal {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): unknown;
}

const width = 24;

export function createProgress(stream: Terminal): ProgressBar {
  if (!stream.isTTY) return { show: () => undefined, clear: () => undefined };
  return {
    show(fraction, text) {
      const filled = Math.round(Math.min(1, fraction) * width);
      const bar = `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${text}`;
      stream.write(`\r\u001b[K${bar.slice(0, (stream.columns || 80) - 1)}`);
    },
    clear() {
      stream.write('\r\u001b[K');
    },
  };
}
