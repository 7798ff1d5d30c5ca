/**
 * Hands over what is said in one turn of the event loop as one list, in its order. A message between processes costs the
 * same for one record as for many.
 */
export function gather<T>(hand: (all: readonly T[]) => void): (one: T) => void {
  let waiting: T[] = [];
  return (one) => {
    if (waiting.push(one) > 1) return;
    setImmediate(() => {
      const all = waiting;
      waiting = [];
      hand(all);
    });
  };
}
