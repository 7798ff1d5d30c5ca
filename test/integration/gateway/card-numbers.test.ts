import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { request } from 'undici';
import type { GatewaySettings } from '../../../src/config/settings.js';
import { readTopics, type StoredRecord } from '../../../src/publish/read.js';
import { type CardCase, cardCases } from '../../cases/card-numbers.js';
import { expectContract } from './contract.js';
import { type Running, run } from './running.js';

const secret = 'secret-of-the-tests';
const protectKey = 'ab'.repeat(32);

const plugin = `version: 1
name: acme
title: Acme
mediaTypes: [application/json, application/x-www-form-urlencoded, application/xml]
signature:
  algorithm: hmac-sha256
  signature: { from: "{header.acme-signature}", encoding: hex }
  content: "{raw}"
payload:
  - { type: application/x-www-form-urlencoded, form: form }
  - { type: application/xml, form: xml }
  - { form: json }
schemas: [{ schema: any.json }]
event: { id: "id ?: e.id", type: "type ?: e.type", subject: "note ?: e.pan ?: e.'@pan'" }
routes: [{ events: [paid], topic: webhooks.acme }]
`;

function config(where: string, guard: string): { readonly 'gateway.yaml': string; readonly [path: string]: string } {
  return {
    'gateway.yaml': `version: 1
server: { listen: "127.0.0.1:0", shutdownDelay: 0s, drain: 5s }
plugins: plugins
${where}
log: { level: debug }
deadLetter: { unverified: { perMinute: 1000000, bytesPerMinute: 1GiB } }
endpoints:
  - provider: acme
    path: /webhooks/acme
    secrets: [{ name: current, env: ACME_SECRET }]
    panGuard: ${guard}
`,
    'plugins/acme/plugin.yaml': plugin,
    'plugins/acme/any.json': '{}',
  };
}

async function post(gateway: Running, body: string, contentType: string, extra: { [name: string]: string } = {}) {
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const headers = { 'content-type': contentType, 'acme-signature': signature, ...extra };
  const answer = await request(`${gateway.url}/webhooks/acme`, { method: 'POST', headers, body });
  return { status: answer.statusCode, text: await answer.body.text() };
}

/** The four ways that a payload can take: to its topic; a dead letter proven, unproven, and of what is not a payload. */
async function sendEveryWay(gateway: Running, { body, contentType }: CardCase, status = 200): Promise<void> {
  const stray = body.replace('paid', 'stray');
  const cut = contentType.endsWith('form-urlencoded') ? `${body}&x=%zz` : body.slice(0, -1);
  expect((await post(gateway, body, contentType)).status).to.equal(status);
  expect((await post(gateway, stray, contentType)).status).to.equal(status);
  expect((await post(gateway, cut, contentType)).status).to.equal(200);
  expect((await post(gateway, body, contentType, { 'acme-signature': '00' })).status).to.equal(401);
}

/** Every file below a folder, one after the other. */
function readAll(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Buffer.concat(files.map((file) => readFileSync(join(file.parentPath, file.name))));
}

/** Whatever is escaped as what it stands for, and digits of other scripts as ASCII; what separates digits is left out. */
function normalise(text: string): string {
  let plain = text;
  for (let times = 0; times < 3; times++) {
    plain = plain
      .replace(/\\+u([\da-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replace(/&#(\d+);/g, (_, decimal: string) => String.fromCharCode(Number(decimal)))
      .replace(/\\+[nrt]/g, ' ');
  }
  plain = plain
    .replace(/[\uff10-\uff19]/g, (digit) => String(digit.charCodeAt(0) - 0xff10))
    .replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x0660));
  return plain.replace(/(?<=\d)[^\dA-Za-z*]{1,4}(?=\d)/g, '');
}

/** What is left of a text without what both have at their beginnings and ends. */
function changedPart(before: string, after: string): string {
  let start = 0;
  while (before[start] === after[start]) start++;
  let end = 0;
  while (end < before.length - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  return before.slice(start, before.length - end);
}

function expectNothingOf({ name, number, written }: CardCase, text: string, plain: string): void {
  expect(text.includes(written), `${name}: as written`).to.equal(false);
  expect(plain.includes(number), `${name}: normalised`).to.equal(false);
}

async function readTopic(settings: GatewaySettings, topic: string): Promise<readonly StoredRecord[]> {
  const records: StoredRecord[] = [];
  for await (const record of readTopics(settings.publisher, [topic], { from: 'beginning', until: 'end' })) {
    records.push(record);
  }
  return records;
}

describe('payloads with card numbers', function () {
  this.timeout(120_000);
  const environment = { ACME_SECRET: secret, PROTECT_KEY: protectKey };
  let gateway: Running | undefined;
  afterEach(async () => {
    await gateway?.close();
    gateway = undefined;
  });

  it('mask: no byte of them is in topic, dead letters, files and log; all else is', async () => {
    gateway = await run(config('embedded: { dir: data }', 'mask'), environment);
    for (const each of cardCases) await sendEveryWay(gateway, each);
    const published = await readTopic(gateway.settings, 'webhooks.acme');
    const letters = await readTopic(gateway.settings, 'webhooks.dlq');
    expect([published.length, letters.length]).to.deep.equal([cardCases.length, cardCases.length * 3]);
    for (const [index, each] of cardCases.entries()) {
      const record = published[index];
      if (record === undefined) throw new Error(`no record of ${each.name}`);
      const value = record.value.toString();
      expect(changedPart(each.body, value), each.name).to.satisfy((part: string) =>
        [each.written, `-${each.written}`, `${each.written}.0`].some((text) => text.includes(part)),
      );
      expect(value.replace(/[^*]/g, '').length, each.name).to.be.at.least(13);
      if (each.contentType === 'application/json') JSON.parse(value);
      expectContract(record);
      expect(JSON.parse(record.headers.ce_protected ?? '')).to.deep.include({ cardNumbers: 1 });
    }
    for (const record of letters) expectContract(record);
    const { publisher } = gateway.settings;
    const files = readAll(publisher.kind === 'embedded' ? publisher.dir : '').toString();
    const all = `${files}\n${gateway.log.text}`;
    const plain = normalise(all);
    for (const each of cardCases) expectNothingOf(each, all, plain);
    const [counted] = gateway.readings().filter(({ metric }) => metric === 'gateway_card_numbers_total');
    expect(counted).to.deep.include({ labels: { endpoint: 'acme' }, value: cardCases.length * 4 });
    expect(gateway.log.text).to.include('card numbers in a payload');
  });

  it('mask: none is in the spool while Kafka is unavailable', async () => {
    const where = 'kafka: { brokers: "127.0.0.1:1" }\nspool: { dir: spool }';
    gateway = await run(config(where, 'mask'), environment);
    for (const each of cardCases) await sendEveryWay(gateway, each);
    const { publisher } = gateway.settings;
    const files = readAll(publisher.kind === 'kafka' ? publisher.spool.dir : '').toString();
    expect(files.split('webhook.dead_letter').length - 1).to.be.at.least(cardCases.length * 2);
    const plain = normalise(`${files}\n${gateway.log.text}`);
    for (const each of cardCases) expectNothingOf(each, files, plain);
  });

  it('park: each is a dead letter, and none is in it', async () => {
    gateway = await run(config('embedded: { dir: data }', 'park'), environment);
    for (const { body, contentType } of cardCases)
      expect((await post(gateway, body, contentType)).status).to.equal(200);
    expect(await readTopic(gateway.settings, 'webhooks.acme')).to.have.length(0);
    const letters = await readTopic(gateway.settings, 'webhooks.dlq');
    expect(new Set(letters.map(({ headers }) => `${headers.ce_reason} ${headers.ce_stage}`))).to.deep.equal(
      new Set(['card_number_found protect']),
    );
    const { publisher } = gateway.settings;
    const all = `${readAll(publisher.kind === 'embedded' ? publisher.dir : '')}\n${gateway.log.text}`;
    const plain = normalise(all);
    for (const each of cardCases) expectNothingOf(each, all, plain);
  });

  it('warn: they are published as they are, and the log does not have them', async () => {
    gateway = await run(config('embedded: { dir: data }', 'warn'), environment);
    for (const { body, contentType } of cardCases)
      expect((await post(gateway, body, contentType)).status).to.equal(200);
    const published = await readTopic(gateway.settings, 'webhooks.acme');
    expect(published.map(({ value }) => value.toString())).to.deep.equal(cardCases.map(({ body }) => body));
    expect(published.filter(({ headers }) => headers.ce_protected !== undefined)).to.deep.equal([]);
    const plain = normalise(gateway.log.text);
    for (const each of cardCases) expectNothingOf(each, gateway.log.text, plain);
  });
});
