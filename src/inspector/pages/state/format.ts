const units: readonly (readonly [name: string, milliseconds: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** A span in its largest whole unit, as "3 min". Less than a second is "0 s". */
export function formatSpan(milliseconds: number): string {
  for (const [name, size] of units) {
    if (milliseconds >= size) return `${Math.floor(milliseconds / size)} ${name}`;
  }
  return '0 s';
}

/** How long ago a time of RFC 3339 was, as "3 min ago". */
export function formatAge(time: string, now: number): string {
  const age = now - Date.parse(time);
  if (Number.isNaN(age)) return time;
  return age < 1_000 ? 'now' : `${formatSpan(age)} ago`;
}

/** Of the local day, with milliseconds; with the date where it is not today's. */
export function formatTime(time: string, now: number): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const clock = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${pad(at.getMilliseconds(), 3)}`;
  if (new Date(now).toDateString() === at.toDateString()) return clock;
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${clock}`;
}

function pad(value: number, digits = 2): string {
  return String(value).padStart(digits, '0');
}

/** With spaces between thousands, as ISO 80000 writes them: a comma is the decimal sign of half the world. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${formatCount(number)} ${number === 1 ? one : many}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  if (bytes < 1_048_576) return `${(bytes / 1_024).toFixed(1)} KiB`;
  if (bytes < 1_073_741_824) return `${(bytes / 1_048_576).toFixed(1)} MiB`;
  return `${(bytes / 1_073_741_824).toFixed(1)} GiB`;
}

/** Milliseconds, to three digits. */
export function formatMs(milliseconds: number): string {
  if (milliseconds >= 10_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${milliseconds >= 100 ? Math.round(milliseconds) : Number(milliseconds.toPrecision(3))} ms`;
}

/** A second or a minute, whichever can be read. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  if (perSecond >= 10) return `${formatCount(Math.round(perSecond))}/s`;
  return perSecond >= 1 ? `${perSecond.toFixed(1)}/s` : `${formatCount(Math.round(perSecond * 60))}/min`;
}

/** An id that is too long for its column, without its middle: both ends tell ids apart. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (length - 1 - head))}`;
}

/** A word of the gateway, such as `dead_lettered`, for people. */
export function inWords(code: string): string {
  return code.replaceAll('_', ' ');
}

/** With a capital and a full stop. The first word is left alone where it is a name of the configuration or an address. */
export function asSentence(text: string): string {
  const sentence = text.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase());
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}
