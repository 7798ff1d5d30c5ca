import { add, answers, endings, isEndedBy, pick, type Sums } from './causes.js';
import { ClientNames } from './clients.js';
import type { Fields, Level } from './log.js';

/** Milliseconds between two lines about a cause that lasts; that a cause must be over before its return is a line again; between two looks. */
const reportInterval = 60_000;
const flapping = 10_000;
const lookInterval = 5_000;
/** Causes that are known at a time. */
const mostCauses = 500;
/** What a line says that stands for all causes for which there is no room. */
const joined: Fields = { causes: `more than ${mostCauses}` };

export interface RepeatsClock {
  /** Milliseconds; never goes back. */
  now(): number;
  /** Calls back after so many milliseconds, unless the returned function is called before. */
  after(milliseconds: number, call: () => void): () => void;
}

type Write = (level: Level, message: string, fields: Fields) => void;

interface Cause {
  readonly level: Level;
  readonly message: string;
  /** Those that name it. */
  readonly name: Fields;
  readonly since: number;
  fields: Fields;
  times: number;
  totals: Sums;
  /** Not written since the last line. */
  unsaid: number;
  sums: Sums;
  /** Who has caused it since the last line. */
  clients: ClientNames;
  saidAt: number;
  lastAt: number;
  /** Something has said that it is over. */
  over: boolean;
  /** Its beginning, or return, was written. */
  shown: boolean;
}

/**
 * Makes of lines that are repeated one when their cause begins, one a minute with a count, and one when it is over: when
 * something says so, or after a minute without it. The others are written at the level `debug`.
 */
export class Repeats {
  readonly #write: Write;
  readonly #clock: RepeatsClock;
  readonly #whenFull: 'forget' | 'join';
  readonly #causes = new Map<string, Cause>();
  #cancel: (() => void) | undefined;

  /**
   * `whenFull`: what happens to a new cause where there are too many. Either the oldest is forgotten for it, or all of one
   * message are one: then nobody can have a line written for each request by causing something else each time.
   */
  constructor(write: Write, clock: RepeatsClock, whenFull: 'forget' | 'join' = 'forget') {
    this.#write = write;
    this.#clock = clock;
    this.#whenFull = whenFull;
  }

  /** A line of the program: warnings and errors are causes, some lines end them, the others are written as they are. */
  take(level: Level, message: string, fields: Fields): void {
    if (endings.has(message)) this.end(level, message, fields);
    else if (level === 'warn' || level === 'error') this.write(level, message, fields);
    else this.#write(level, message, fields);
  }

  /** A line that is repeated as long as its cause lasts. */
  write(level: Level, message: string, fields: Fields): void {
    const now = this.#clock.now();
    const name = pick(fields);
    const key = keyOf(level, message, name);
    const known = this.#causes.get(key);
    if (known === undefined && this.#whenFull === 'join' && this.#causes.size >= mostCauses) {
      this.#writeJoined(level, message, fields, now);
      return;
    }
    if (known === undefined || (known.over && known.unsaid === 0 && now - known.saidAt >= flapping)) {
      this.#begin(key, { level, message, fields, name }, now);
    } else {
      repeat(known, fields, now);
      this.#write('debug', message, fields);
    }
  }

  #writeJoined(level: Level, message: string, fields: Fields, now: number): void {
    const key = keyOf(level, message, joined);
    const known = this.#causes.get(key);
    const common = { ...joined, client: fields.client };
    if (known !== undefined) repeat(known, common, now);
    else this.#begin(key, { level, message, fields: common, name: joined }, now);
    this.#write('debug', message, fields);
  }

  /** A line that may end causes: it is written unless their beginnings were not. */
  end(level: Level, message: string, fields: Fields): void {
    const asked = answers.has(message);
    const ended = [...this.#causes].filter(
      ([, cause]) => !cause.over && isEndedBy(cause.message, cause.name, message, fields),
    );
    for (const [key, cause] of ended) {
      cause.over = true;
      if (asked) this.#causes.delete(key);
    }
    const hidden = !asked && ended.length > 0 && ended.every(([, { shown }]) => !shown);
    this.#write(hidden ? 'debug' : level, message, fields);
  }

  /** Says what was counted and not said yet. */
  flush(): void {
    for (const cause of this.#causes.values()) if (cause.unsaid > 0) this.#report(cause, this.#clock.now());
    this.#causes.clear();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #begin(key: string, line: Pick<Cause, 'level' | 'message' | 'fields' | 'name'>, now: number): void {
    if (this.#whenFull === 'forget') this.#forgetOldest();
    const counts = {
      totals: add({}, line.fields),
      sums: {},
      clients: new ClientNames(),
      times: 1,
      unsaid: 0,
      since: now,
      saidAt: now,
      lastAt: now,
    };
    this.#causes.delete(key);
    this.#causes.set(key, { ...line, ...counts, over: false, shown: true });
    this.#write(line.level, line.message, line.fields);
    this.#cancel ??= this.#clock.after(lookInterval, () => this.#look());
  }

  #forgetOldest(): void {
    const [oldest] = this.#causes;
    if (oldest === undefined || this.#causes.size < mostCauses) return;
    const [key, cause] = oldest;
    if (cause.unsaid > 0) this.#report(cause, this.#clock.now());
    this.#causes.delete(key);
  }

  #look(): void {
    const now = this.#clock.now();
    for (const [key, cause] of this.#causes) {
      if (now - cause.saidAt < reportInterval) continue;
      const gone = cause.over || now - cause.lastAt >= reportInterval;
      if (!gone) this.#report(cause, now);
      else if (!cause.over || cause.unsaid > 0) this.#reportEnd(cause);
      if (gone) this.#causes.delete(key);
    }
    this.#cancel = this.#causes.size > 0 ? this.#clock.after(lookInterval, () => this.#look()) : undefined;
  }

  #report(cause: Cause, now: number): void {
    const { level, message, fields, sums, unsaid, since } = cause;
    this.#write(level, message, {
      ...fields,
      ...sums,
      ...cause.clients.most(),
      repeated: unsaid,
      seconds: toSeconds(now - since),
    });
    Object.assign(cause, { sums: {}, clients: new ClientNames(), unsaid: 0, saidAt: now, shown: !cause.over });
  }

  /** What came only once has not lasted: nothing is over. */
  #reportEnd({ message, name, totals, clients, times, since, lastAt }: Cause): void {
    if (times === 1) return;
    this.#write('info', `ended: ${message}`, {
      ...name,
      ...totals,
      ...clients.most(),
      times,
      seconds: toSeconds(lastAt - since),
    });
  }
}

function keyOf(level: Level, message: string, name: Fields): string {
  return `${level} ${message} ${JSON.stringify(name)}`;
}

function repeat(cause: Cause, fields: Fields, now: number): void {
  if (cause.over) cause.shown = false;
  cause.over = false;
  cause.fields = fields;
  cause.times++;
  cause.unsaid++;
  cause.lastAt = now;
  cause.sums = add(cause.sums, fields);
  cause.clients.add(fields.client);
  cause.totals = add(cause.totals, fields);
}

function toSeconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000);
}
