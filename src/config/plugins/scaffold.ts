import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { schemaComment } from './schema-comment.js';

/** Relative path → text of a plugin's files. */
export type PluginFiles = ReadonlyMap<string, string>;

/** The files of a plugin to begin with: one that verifies an HMAC-SHA256 over the body in a header. */
export function newPlugin(name: string, folder: string): PluginFiles {
  const header = `x-${name.replaceAll('_', '-')}-signature`;
  const schema = schemaComment('plugin', folder);
  return new Map([
    ['plugin.yaml', pluginYaml(name, header, schema)],
    ['event.schema.json', eventSchema(name)],
    [join('examples', 'order.paid.json'), example],
    [
      'README.md',
      readme(name, [
        `- **Signed**: every byte of the body, in \`${header}\`. No time is: an old delivery can be sent again.`,
      ]),
    ],
  ]);
}

/** The files of another plugin under another name, with topics of that name. Its README stays behind: it is about the other provider. */
export async function likePlugin(name: string, folder: string, like: string, from: string): Promise<PluginFiles> {
  const files = new Map<string, string>();
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(from, path), await readFile(path, 'utf8'));
  }
  const yaml = (files.get('plugin.yaml') ?? '')
    .replace(/^# yaml-language-server: \$schema=.*\n/m, schemaComment('plugin', folder).map(endLine).join(''))
    .replace(/^name:.*$/m, `name: ${name}`)
    .replace(/^title:.*$/m, `title: ${titleOf(name)}`)
    .replace(/^documentation:.*$/m, "# documentation: https://… the provider's page about its webhooks")
    // Another provider has other ones.
    .replace(/^(?:#.*\n)*addresses:\n(?: .*\n)*\n?/m, '')
    .replaceAll(`webhooks.${like}.`, `webhooks.${name}.`);
  files.set('plugin.yaml', yaml);
  files.set(
    'README.md',
    readme(name, [`- **Signed**: as by ${like}, from which this plugin was made: \`gateway plugins show ${name}\`.`]),
  );
  return files;
}

/** Writes the files to a folder that must not exist yet. Resolves to false, with nothing written, if it does. */
export async function writePlugin(folder: string, files: PluginFiles): Promise<boolean> {
  await mkdir(dirname(folder), { recursive: true });
  try {
    await mkdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { flag: 'wx' });
  }
  return true;
}

function titleOf(name: string): string {
  return name
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
}

function endLine(line: string): string {
  return `${line}\n`;
}

function pluginYaml(name: string, header: string, schema: readonly string[]): string {
  return `${schema.map(endLine).join('')}# What each key means: \`gateway schema print plugin\`; \`gateway plugins show stripe\` shows a plugin that is in use.
version: 1
name: ${name}
title: ${titleOf(name)}
# documentation: https://… the provider's page about its webhooks
mediaTypes: [application/json]

# The signature: where it is, and what it is over.
signature:
  algorithm: hmac-sha256
  # "sha256=…" before it: strip: "sha256="; a list such as "t=…,v1=…": split: { items: ",", pair: "=" } and pick: v1
  signature: { from: "{header.${header}}", encoding: hex }
  # {raw} is the body, byte for byte; with a time before it: "{header.x-timestamp}.{raw}"
  content: "{raw}"
  # The key is the secret's text; if it is to be decoded: key: { strip: [whsec_], decode: base64 }
  # timestamp: { value: "{header.x-timestamp}", unit: s, tolerance: 300s }

schemas:
  - { schema: event.schema.json }

# JSONata over the payload; id and type must be there. Headers are $headers."x-name".
event:
  id: id
  type: type
  time: created_at
  subject: data.id

# The first that matches wins. key: what stays in order; without it the subject, else the id.
routes:
  - events: ["order.*"]
    topic: webhooks.${name}.order
    key: data.id
  - events: ["*"]
    topic: webhooks.${name}.other

# examples/EVENT_TYPE.json: what \`gateway test\` replays and \`gateway simulate\` sends.
examples:
  dir: examples/
  fresh:
    id: id
    created_at: iso8601
    data.id: id
`;
}

function eventSchema(name: string): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `${titleOf(name)} event`,
    description: 'What every event must have. Additions are allowed.',
    type: 'object',
    required: ['id', 'type', 'created_at', 'data'],
    properties: {
      id: { type: 'string', minLength: 1 },
      type: { type: 'string', minLength: 1 },
      created_at: { type: 'string', format: 'date-time' },
      data: { type: 'object' },
    },
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

const example = `${JSON.stringify(
  {
    headers: { 'content-type': 'application/json' },
    payload: {
      id: 'evt_000000000001',
      type: 'order.paid',
      created_at: '2026-01-01T00:00:00Z',
      data: { id: 'ord_000000000001', amount: 1250, currency: 'EUR' },
    },
  },
  undefined,
  2,
)}\n`;

function readme(name: string, facts: readonly string[]): string {
  return `# ${titleOf(name)}
What the webhooks are, and of which version.

- **Secret**: where the operator finds it at the provider.
${facts.join('\n')}
- **Not signed**: what nobody should rely on.
- **Set**: an endpoint with \`provider: ${name}\`.
`;
}
