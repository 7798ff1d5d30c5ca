/** Of a broker. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, where the host may be `[an:ipv6:address]`. */
export function parseAddress(broker: string): Address {
  const colon = broker.lastIndexOf(':');
  return { host: broker.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(broker.slice(colon + 1)) };
}

export function nameAddress({ host, port }: Address): string {
  return `${host}:${port}`;
}
