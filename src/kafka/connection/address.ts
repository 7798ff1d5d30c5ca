/** Of a broker. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export function nameAddress({ host, port }: Address): string {
  return `${host}:${port}`;
}
