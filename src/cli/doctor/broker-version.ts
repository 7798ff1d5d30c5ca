import type { Versions } from '../../kafka/connection/versions.js';

/** What a release was the first to speak, newest first: https://kafka.apache.org/protocol, messages in the clients of each release. */
const marks = [
  { release: '4.3', apiKey: 35, version: 5 },
  { release: '4.2', apiKey: 2, version: 11 },
  { release: '4.1', apiKey: 1, version: 18 },
  { release: '4.0', apiKey: 0, version: 12 },
  { release: '3.9', apiKey: 1, version: 17 },
  { release: '3.8', apiKey: 0, version: 11 },
  { release: '3.7', apiKey: 1, version: 16 },
  { release: '3.6', apiKey: 24, version: 4 },
  { release: '3.5', apiKey: 1, version: 15 },
  { release: '3.3', apiKey: 29, version: 3 },
  { release: '3.2', apiKey: 11, version: 9 },
  { release: '3.1', apiKey: 1, version: 13 },
  { release: '3.0', apiKey: 2, version: 7 },
  { release: '2.8', apiKey: 0, version: 9 },
  { release: '2.7', apiKey: 1, version: 12 },
  { release: '2.6', apiKey: 16, version: 4 },
  { release: '2.5', apiKey: 11, version: 7 },
  { release: '2.4', apiKey: 3, version: 9 },
] as const;

/** The release of Apache Kafka whose protocol this is, or a later one; undefined: it is older than 2.4. */
export function guessRelease(spoken: Versions): string | undefined {
  return marks.find(({ apiKey, version }) => (spoken.get(apiKey)?.max ?? -1) >= version)?.release;
}
