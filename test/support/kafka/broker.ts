import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { type Libs, run } from './libs.js';
import { waitForBrokers } from './protocol.js';

export const user = { username: 'app', password: 'app-secret' };

/** Milliseconds of a session at the OAuth listener. */
export const sessionLength = 3_000;

/** Loopback ports of one broker. */
export interface Ports {
  readonly plaintext: number;
  readonly controller: number;
  /** Present: the broker also offers SASL (with OAuth tokens at a listener of its own) and TLS, and `user` may do only what ACLs allow. */
  readonly secure?: { readonly sasl: number; readonly tls: number; readonly saslTls: number; readonly oauth: number };
}

/** Its place among the brokers of a cluster. */
export interface Membership {
  /** From 1. */
  readonly id: number;
  /** `id@host:port` of every controller. */
  readonly voters: readonly string[];
}

/**
 * Runs the command after its own first argument (a log file) and says its process id. It kills the command when standard
 * input ends, so also when the tests are killed; a line on standard input has it wait for the command's own end.
 */
const guard = 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!; read -r _ && wait $!; kill -9 $! 2>&-';

/** A broker process (KRaft, broker and controller in one) that can be stopped, killed, halted and started again. */
export class Broker {
  readonly #dir: string;
  readonly #ports: Ports;
  readonly #libs: Libs;
  readonly #membership: Membership;
  #guard: ChildProcess | undefined;
  #pid = 0;

  constructor(dir: string, ports: Ports, libs: Libs, membership?: Membership) {
    this.#membership = membership ?? { id: 1, voters: [`1@127.0.0.1:${ports.controller}`] };
    this.#dir = dir;
    this.#ports = ports;
    this.#libs = libs;
  }

  async format(): Promise<void> {
    const file = `${this.#dir}/broker.properties`;
    await writeFile(file, describeBroker(this.#dir, this.#ports, this.#libs, this.#membership));
    const { username, password } = user;
    const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${username},password=${password}]`,
    ]);
    const tool = ['kafka.tools.StorageTool', 'format', '-t', 'AAAAAAAAAAAAAAAAAAAAAQ', '-c', file, ...users];
    await run('java', [...this.#javaOptions(), ...tool]);
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    const archive =
      existsSync(this.#libs.classes) || this.#membership.id > 1
        ? []
        : [`-XX:ArchiveClassesAtExit=${this.#freshClasses}`];
    const command = ['java', ...archive, ...this.#javaOptions(), 'kafka.Kafka', `${this.#dir}/broker.properties`];
    const child = spawn('sh', ['-c', guard, 'sh', `${this.#dir}/broker.log`, ...command], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#guard = child;
    const [pid] = await once(createInterface({ input: child.stdout }), 'line');
    this.#pid = Number(pid);
    await waitForBrokers(this.#ports.plaintext);
  }

  get id(): number {
    return this.#membership.id;
  }

  get port(): number {
    return this.#ports.plaintext;
  }

  /** False before its start, and after it was killed or stopped. */
  get running(): boolean {
    return this.#guard !== undefined;
  }

  /** Stops answering, as a hung machine does; connections stay open. */
  pause(): void {
    process.kill(this.#pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.#pid, 'SIGCONT');
  }

  /** A crash. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    if (existsSync(this.#freshClasses)) await rename(this.#freshClasses, this.#libs.classes);
  }

  get #freshClasses(): string {
    return `${this.#libs.classes}.${process.pid}`;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#guard;
    if (!child) return;
    this.#guard = undefined;
    process.kill(this.#pid, signal);
    if (signal === 'SIGTERM') this.resume();
    child.stdin?.end('wait\n');
    if (child.exitCode === null) await once(child, 'close');
  }

  #javaOptions(): string[] {
    const speed = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'];
    const { classes, jars } = this.#libs;
    const shared = existsSync(classes) ? [`-XX:SharedArchiveFile=${classes}`] : [];
    return [...speed, '-Xshare:auto', ...shared, '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', `${jars}/*`];
  }
}

function describeBroker(
  dir: string,
  { plaintext, controller, secure }: Ports,
  libs: Libs,
  { id, voters }: Membership,
): string {
  const offered = [`PLAINTEXT://127.0.0.1:${plaintext}`];
  if (secure) {
    offered.push(`SASL_PLAINTEXT://127.0.0.1:${secure.sasl}`, `SSL://127.0.0.1:${secure.tls}`);
    offered.push(`SASL_SSL://127.0.0.1:${secure.saslTls}`, `OAUTH://127.0.0.1:${secure.oauth}`);
  }
  return `
process.roles=broker,controller
node.id=${id}
controller.quorum.voters=${voters.join(',')}
listeners=${offered.join(',')},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=${offered.join(',')}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${dir}/data
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=400
offsets.topic.num.partitions=1
# By default half of the heap goes to the log cleaner at once, and a broker that recovers its log may not find it.
log.cleaner.dedupe.buffer.size=16777216
${describeReplication(voters.length)}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL,OAUTH:SASL_PLAINTEXT
${secure ? describeSecurity(libs) : ''}`;
}

/**
 * One broker may be away: with three, two have every acknowledged record. Records carry the time at which they were
 * appended, so that a test can tell what happened before and after.
 */
function describeReplication(brokers: number): string {
  const inSync = Math.max(1, brokers - 1);
  return `
default.replication.factor=${brokers}
min.insync.replicas=${inSync}
replica.lag.time.max.ms=5000
log.message.timestamp.type=LogAppendTime
offsets.topic.replication.factor=${brokers}
transaction.state.log.replication.factor=${brokers}
transaction.state.log.min.isr=${inSync}
share.coordinator.state.topic.replication.factor=${brokers}
share.coordinator.state.topic.min.isr=${inSync}
`;
}

function describeSecurity({ keystore }: Libs): string {
  const security = 'org.apache.kafka.common.security';
  const logins = ['sasl_plaintext', 'sasl_ssl'].flatMap((listener) => [
    `listener.name.${listener}.plain.sasl.jaas.config=${security}.plain.PlainLoginModule required user_${user.username}="${user.password}";`,
    `listener.name.${listener}.scram-sha-256.sasl.jaas.config=${security}.scram.ScramLoginModule required;`,
    `listener.name.${listener}.scram-sha-512.sasl.jaas.config=${security}.scram.ScramLoginModule required;`,
  ]);
  // It takes unsigned tokens. Sessions are short, so that tests see their end.
  const oauth = `
listener.name.oauth.sasl.enabled.mechanisms=OAUTHBEARER,SCRAM-SHA-512
listener.name.oauth.oauthbearer.sasl.jaas.config=${security}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";
listener.name.oauth.oauthbearer.connections.max.reauth.ms=${sessionLength}
listener.name.oauth.scram-sha-512.sasl.jaas.config=${security}.scram.ScramLoginModule required;
listener.name.oauth.scram-sha-512.connections.max.reauth.ms=${sessionLength}
`;
  return `${oauth}
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
${logins.join('\n')}
ssl.keystore.type=PKCS12
ssl.keystore.location=${keystore}
ssl.keystore.password=changeit
ssl.key.password=changeit
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
`;
}
