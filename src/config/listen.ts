import { isIPv4, isIPv6 } from 'node:net';
import type { Fault } from '../core/model.js';
import { parseHostPort, writeHostPort } from '../util/host-port.js';
import type { Listen, SocketPath } from './settings.js';

const invalid = { rule: 'config-invalid', severity: 'error' } as const;
/** Bytes of a socket's path that every system takes: macOS has room for 103, Linux for 107. */
const longestPath = 103;
const socketScheme = 'unix:';

/** `host:port` or `[IPv6]:port`, as the schema lets it through. */
export function readListen(text: string, pointer: string, faults: Fault[]): Listen {
  const listen = parseHostPort(text);
  if (listen.port > 65535) faults.push({ ...invalid, pointer, message: 'There is no port over 65535' });
  return listen;
}

/** The same, or `unix:/path/of/a/socket`. */
export function readAdminListen(text: string, pointer: string, faults: Fault[]): Listen | SocketPath {
  if (!text.startsWith(`${socketScheme}/`)) return readListen(text, pointer, faults);
  const path = text.slice(socketScheme.length);
  if (Buffer.byteLength(path) > longestPath) {
    faults.push({ ...invalid, pointer, message: `The path of a socket has at most ${longestPath} bytes` });
  }
  return { path };
}

/** `host:port`, `[IPv6]:port` or `unix:/path`. */
export function writeListen(listen: Listen | SocketPath): string {
  if ('path' in listen) return `${socketScheme}${listen.path}`;
  return writeHostPort(listen);
}

/** Whether only programs of this machine can connect to it. `host`: a name or an address, in lower case, without brackets. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith('127.');
  return isIPv6(host) ? host === '::1' : host === 'localhost';
}
