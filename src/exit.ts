import { PublishError } from './core/model.js';

/** What the exit code of the process says. */
export const exitCodes = {
  /** The gateway did what was asked, and the answer is no. */
  negative: 1,
  /** The command line can't be understood. */
  usage: 2,
  /** The configuration can't be used. */
  config: 3,
  /** The gateway or Kafka can't be reached. */
  unreachable: 4,
  /** Not everything could be looked at, and what was looked at does not decide it. */
  unknown: 5,
  /** A fault in this program. */
  bug: 70,
  interrupted: 130,
} as const;

export type ExitReason = keyof typeof exitCodes;

/** Ends a command with a message for people and an exit code for programs. */
export class Failure extends Error {
  readonly reason: ExitReason;
  /** What `--json` prints beside the message. */
  readonly details: { readonly [name: string]: unknown };

  constructor(reason: ExitReason, message: string, details: { readonly [name: string]: unknown } = {}) {
    super(message);
    this.name = 'Failure';
    this.reason = reason;
    this.details = details;
  }
}

const listenProblems: { readonly [code: string]: string } = {
  EADDRINUSE: 'another program listens there already',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'this user may not listen there',
};

/** What an error of any origin means to the one who typed the command. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (!(error instanceof Error)) return new Failure('bug', String(error));
  if ('oclif' in error) return new Failure('usage', error.message);
  if (error.name === 'NewerFormatError') return new Failure('config', error.message);
  if (error.name === 'NoAnswerError') return new Failure('unreachable', error.message);
  if (error instanceof PublishError) {
    return new Failure(error.kind === 'refused' ? 'negative' : 'unreachable', error.message);
  }
  // The primary of a cluster binds for its workers, which listen.
  if ('syscall' in error && (error.syscall === 'listen' || error.syscall === 'bind') && 'code' in error) {
    const { code } = error;
    const why = (typeof code === 'string' && listenProblems[code]) || String(code);
    const { address, port } = { address: '', port: 0, ...error };
    // A socket has a path, and -1 for a port.
    return new Failure('negative', `Can't listen on ${port > 0 ? `${address}:${port}` : address}: ${why}`);
  }
  return new Failure('bug', error.stack ?? error.message);
}
