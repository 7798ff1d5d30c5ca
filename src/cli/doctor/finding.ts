/** One thing that was looked at. */
export interface Finding {
  /** What was looked at: `kafka.broker k:9092`, `topic webhooks.dlq`. */
  readonly id: string;
  readonly status: 'ok' | 'warn' | 'fail' | 'unknown';
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

export function ok(id: string, message: string): Finding {
  return { id, status: 'ok', message };
}

export function warning(id: string, message: string, hint: string): Finding {
  return { id, status: 'warn', message, hint };
}

export function fail(id: string, message: string, hint: string): Finding {
  return { id, status: 'fail', message, hint };
}

export function unknown(id: string, message: string, hint?: string): Finding {
  return { id, status: 'unknown', message, ...(hint !== undefined && { hint }) };
}
