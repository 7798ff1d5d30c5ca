import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const run = promisify(execFile);

const pom = fileURLToPath(new URL('./pom.xml', import.meta.url));
const cache = fileURLToPath(new URL('../../../.cache/', import.meta.url));

/** What a broker is started from; all in the project's `.cache`. */
export interface Libs {
  /** Folder of jars. */
  readonly jars: string;
  /** Java's archive of loaded classes, which halves the time to start; may not be there yet. */
  readonly classes: string;
  /** A key and certificate for localhost (PKCS 12, password `changeit`), and the certificate as PEM. */
  readonly keystore: string;
  readonly certificate: string;
}

/** The tool without which no broker can be started here, if there is one. */
export function findMissingTool(): string | undefined {
  return ['java', 'mvn'].find((tool) => spawnSync(tool, ['-version']).status !== 0);
}

/** Kafka's jars from Maven Central, fetched once per pom.xml, and a certificate. */
export async function findLibs(): Promise<Libs> {
  const hash = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12);
  const jars = `${cache}kafka-libs-${hash}`;
  await mkdir(cache, { recursive: true });
  if (!existsSync(jars)) {
    const fresh = `${jars}.${process.pid}`;
    await run('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${fresh}`]);
    await rename(fresh, jars).catch(() => undefined);
  }
  const keystore = `${cache}kafka-localhost.p12`;
  const certificate = `${cache}kafka-localhost.pem`;
  if (!existsSync(certificate)) await makeCertificate(keystore, certificate);
  return { jars, classes: `${cache}kafka-classes-${hash}.jsa`, keystore, certificate };
}

async function makeCertificate(keystore: string, certificate: string): Promise<void> {
  const store = ['-alias', 'broker', '-keystore', keystore, '-storepass', 'changeit'];
  const names = ['-dname', 'CN=localhost', '-ext', 'san=dns:localhost,ip:127.0.0.1', '-validity', '3650'];
  await run('keytool', ['-genkeypair', '-keyalg', 'EC', '-storetype', 'PKCS12', ...store, ...names]);
  await run('keytool', ['-exportcert', '-rfc', ...store, '-file', certificate]);
}
