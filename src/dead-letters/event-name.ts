import type { Fingerprint } from '../core/model.js';

/** What tells events of dead letters apart; absent parts are those of a mark that a former gateway wrote. */
export interface NamedEvent {
  readonly endpoint: string;
  readonly id: string;
  readonly type?: string | undefined;
  /** SHA-256 of the event's bytes, base64. */
  readonly digest?: string | undefined;
}

/** By endpoint, id and type, and by its content, too, if `digest` is given. Names of endpoints have no control characters. */
export function nameEvent({ endpoint, id, type = '', digest = '' }: NamedEvent): string {
  return `${endpoint}\0${id.length}\0${id}${type}\0${digest}`;
}

/** The name that repetitions of an event share. */
export function sharedName({ endpoint, id, type, digest, by }: Fingerprint): string {
  return nameEvent({ endpoint, id, type, ...(by === 'content' ? { digest } : {}) });
}

/** Under every name that a repetition of the event may be looked up by. */
export function namesOf(event: NamedEvent): readonly string[] {
  const { digest: _, ...byId } = event;
  return event.digest === undefined ? [nameEvent(byId)] : [nameEvent(byId), nameEvent(event)];
}
