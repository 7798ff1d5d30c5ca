import type { Context } from 'koa';
import { send } from '../server/http/app.js';
import type { InspectorError } from './contract.js';

/** Why a request is not answered as it wishes: thrown anywhere, answered in one place. */
export class Refused extends Error {
  readonly status: number;
  readonly reason: InspectorError['reason'];

  /** `message`: what happened, and what to do. */
  constructor(status: number, reason: InspectorError['reason'], message: string) {
    super(message);
    this.name = 'Refused';
    this.status = status;
    this.reason = reason;
  }
}

/** What is of today is nobody's to keep. */
const headers = {
  'Content-Type': 'application/json',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
};

export function respond(context: Context, status: number, value: object): Promise<void> {
  return send(context, { status, headers, body: JSON.stringify(value) });
}

/** Answers with what the handler gives, or why it does not. */
export function answering(handler: (context: Context) => Promise<object> | object, status = 200) {
  return async (context: Context): Promise<void> => {
    try {
      await respond(context, status, await handler(context));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await respond(context, error.status, { error: error.message, reason: error.reason } satisfies InspectorError);
    }
  };
}
