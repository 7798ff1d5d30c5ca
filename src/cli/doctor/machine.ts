import { X509Certificate } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access, mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { GatewaySettings, Listen } from '../../config/settings.js';
import { PublishError } from '../../core/model.js';
import { tryKernelLock } from '../../storage/disk/kernel-lock.js';
import { errorCode } from '../../util/errors.js';
import { reachableHost, writeHostPort } from '../../util/host-port.js';
import { type Finding, fail, ok, warning } from './finding.js';

/** Node.js and the gateway. `oldest`: what package.json asks for, `>=20.19`. */
export function examineVersions(node: string, gateway: string, oldest: string): Finding {
  const text = `gateway ${gateway}, Node.js ${node}`;
  const [major = 0, minor = 0] = numbers(node);
  const [wantedMajor = 0, wantedMinor = 0] = numbers(oldest);
  const enough = major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  return enough ? ok('versions', text) : fail('versions', text, `run it with Node.js ${oldest}`);
}

function numbers(version: string): readonly number[] {
  return (version.match(/\d+/g) ?? []).map(Number);
}

/** The folders in which the gateway keeps things: writable, synced, with room. `workers`: how many processes share the spool. */
export async function examineDisks(
  { publisher, dedupe }: GatewaySettings,
  workers: number,
): Promise<readonly Finding[]> {
  const room = publisher.kind === 'kafka' ? publisher.spool.maxBytes * workers : 0;
  const kept =
    publisher.kind === 'kafka'
      ? { id: 'disk spool.dir', dir: publisher.spool.dir }
      : { id: 'disk embedded.dir', dir: publisher.dir };
  const folders = [
    { ...kept, room },
    ...(dedupe === undefined ? [] : [{ id: 'disk dedupe.dir', dir: dedupe.dir, room: 0 }]),
  ];
  return Promise.all(folders.map(({ id, dir, room }) => examineDisk(id, dir, room)));
}

async function examineDisk(id: string, dir: string, room: number): Promise<Finding> {
  let folder = dir;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  const made = folder === dir ? '' : `; ${dir} is made at start`;
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    const milliseconds = await trySync(folder);
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const text = `${gibibytes(free)} free, a synced write takes ${milliseconds.toFixed(1)} ms${made}`;
    if (free < room) {
      return warning(
        id,
        `${text}; the spool may grow to ${gibibytes(room)}`,
        'a larger disk, or a smaller spool.maxBytes',
      );
    }
    if (milliseconds > slow)
      return warning(id, text, 'each webhook waits for the disk while Kafka is unavailable: use a faster one');
    return ok(id, text);
  } catch (error) {
    if (error instanceof PublishError)
      return fail(id, error.message, 'the gateway does not start without a lock on its folder');
    const reason = errorCode(error);
    return fail(id, `${folder} can't be written to (${reason})`, 'let the user of the gateway write there');
  }
}

/** Milliseconds of a synced write. */
const slow = 100;

/** In a folder of its own, which is gone afterwards. Throws a `PublishError` where files can't be locked. */
async function trySync(folder: string): Promise<number> {
  const own = await mkdtemp(join(folder, '.gateway-doctor-'));
  try {
    const file = await open(join(own, 'probe'), 'w');
    try {
      const start = performance.now();
      await file.write(Buffer.alloc(4096));
      await file.sync();
      const milliseconds = performance.now() - start;
      tryKernelLock(file.fd, folder);
      return milliseconds;
    } finally {
      await file.close();
    }
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

function gibibytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}

/** Whether the gateway could listen there, or does already. `cert`: PEM, of a server with TLS. */
export async function examinePort(id: string, { host, port }: Listen, cert?: string): Promise<Finding> {
  const where = `${host}:${port}`;
  const reason = port === 0 ? undefined : await tryListen(host, port);
  if (reason === undefined) return ok(id, `${where} is free`);
  if (reason !== 'EADDRINUSE')
    return fail(id, `nobody can listen on ${where} (${reason})`, 'see server.listen and admin.listen');
  const reachable = reachableHost(host);
  const found = cert === undefined ? await isGateway(reachable, port) : await showsCertificate(reachable, port, cert);
  if (found) return ok(id, `a gateway listens on ${where}`);
  return fail(id, `another program listens on ${where}`, 'stop it, or change server.listen or admin.listen');
}

/** Milliseconds. */
const answerTime = 2_000;

function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

async function isGateway(host: string, port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://${writeHostPort({ host, port })}/health`, {
      signal: AbortSignal.timeout(answerTime),
    });
    return (await answer.text()).includes('"status"');
  } catch {
    return false;
  }
}

/** A gateway that asks for a certificate itself shows its own first. */
async function showsCertificate(host: string, port: number, cert: string): Promise<boolean> {
  const { connect } = await import('node:tls');
  const { fingerprint256 } = new X509Certificate(cert);
  return new Promise((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: answerTime });
    const end = (found: boolean) => {
      socket.destroy();
      resolve(found);
    };
    socket.on('secureConnect', () => end(socket.getPeerCertificate().fingerprint256 === fingerprint256));
    socket.on('error', () => end(false)).on('timeout', () => end(false));
  });
}
