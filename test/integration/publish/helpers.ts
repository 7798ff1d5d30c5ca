import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs, { type Admin, Kafka, logLevel } from 'kafkajs';
import type { KafkaSettings } from '../../../src/config/settings.js';
import type { KafkaRecord } from '../../../src/core/model.js';
import { readTopics, type StoredRecord } from '../../../src/publish/read.js';
import { user } from '../../support/kafka.js';

let made: string | undefined;

/** A folder for those of this process, which goes with it. */
function spools(): string {
  if (made === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-spool-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    made = folder;
  }
  return made;
}

export function makeSettings(brokers: readonly string[], changes: Partial<KafkaSettings> = {}): KafkaSettings {
  return {
    kind: 'kafka',
    brokers,
    clientId: 'gateway-test',
    idempotent: true,
    topics: { create: 'missing', partitions: 6, replicationFactor: 1 },
    spool: { dir: mkdtempSync(join(spools(), 'spool-')), maxBytes: 64 * 1024 * 1024 },
    ...changes,
  };
}

/** What `createPublisher` wants beside topics and log. */
export const limits = { deadLetterTopic: 'webhooks.dlq', largest: 1024 * 1024 };

export function nameTopic(what: string): string {
  return `test.${what}.${randomUUID().slice(0, 8)}`;
}

export function makeRecord(topic: string, key: string, value: string | number | Buffer): KafkaRecord {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value));
  return { topic, key, headers: { ce_id: `evt_${key}`, ce_subject: 'zürich ☃' }, value: bytes };
}

export async function readAll(settings: KafkaSettings, ...topics: string[]): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for await (const record of readTopics(settings, topics, { from: 'beginning', until: 'end' })) records.push(record);
  return records;
}

export async function administer<T>(brokers: readonly string[], work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

// Node finds no names of the CommonJS module behind its first computed export.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** Lets the tests' user do so much with a topic, or with every group of consumers. */
export async function allow(
  admin: Admin,
  grants: readonly { readonly topic?: string; readonly operation: keyof typeof AclOperationTypes }[],
): Promise<void> {
  const acl = grants.map(({ topic, operation }) => ({
    resourceType: topic === undefined ? AclResourceTypes.GROUP : AclResourceTypes.TOPIC,
    resourceName: topic ?? '*',
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: `User:${user.username}`,
    host: '*',
    operation: AclOperationTypes[operation],
    permissionType: AclPermissionTypes.ALLOW,
  }));
  await admin.createAcls({ acl });
}

/** What the publisher says of itself. */
export class LogLines {
  readonly lines: { level: string; message: string; fields: { readonly [name: string]: unknown } }[] = [];
  readonly write = (level: string, message: string, fields: { readonly [name: string]: unknown }) => {
    this.lines.push({ level, message, fields });
  };
}

export async function caught(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not reject');
}

/** Polls; for what no event announces. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}
