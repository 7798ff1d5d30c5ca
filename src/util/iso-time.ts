/**
 * Formats milliseconds since the epoch as RFC 3339 in UTC, such as 2026-11-23T10:00:00.000Z. Deliveries come many to the
 * millisecond, and events many to the second: the last one is remembered.
 */
export function createTimeFormatter(): (milliseconds: number) => string {
  let last = 0;
  let text = '1970-01-01T00:00:00.000Z';
  return (milliseconds) => {
    if (milliseconds !== last) {
      text = new Date(milliseconds).toISOString();
      last = milliseconds;
    }
    return text;
  };
}
