/** Where this room says what happens to it: a static message, the facts as fields. Never a secret or a payload. */
export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields: { readonly [name: string]: unknown },
) => void;
