import { resolve } from 'node:path';
import { readLimitsOfNoConfig } from '../../config/defaults.js';
import type { SoundPlugin } from '../../config/plugins/catalogue.js';
import { chooseExample } from '../../config/plugins/choose-example.js';
import { type Example, listExamples } from '../../config/plugins/examples.js';
import { schemaComment } from '../../config/plugins/schema-comment.js';
import { sendGiven } from '../../testing/cases/send.js';
import type { RequestResult } from '../../testing/dry-run/request.js';
import { makeTestKeys } from '../../testing/plugins/test-endpoint.js';

/** Of a tests.schema.json file, as YAML. */
interface Case {
  readonly name: string;
  readonly given: string;
  readonly expect: string;
}

/**
 * The text of tests for an endpoint of the plugin that pass: where an example goes, and that nobody gets in unsigned.
 * Absent: its examples can't be sent, since only the provider can sign, and signs the time in the body.
 */
export async function testsText(plugin: SoundPlugin, now: number): Promise<string | undefined> {
  const { name } = plugin.provider;
  const examples = await listExamples(plugin.folder);
  const example = chooseExample(plugin.provider.routes, examples);
  const cases = example === undefined ? [] : await casesOf(plugin, example, examples, now);
  if (cases.length === 0) return undefined;
  return [
    ...schemaComment('tests', resolve('tests')),
    `# "gateway test ${name}" runs them; "--update" writes what is into the expectations.`,
    'version: 1',
    `endpoint: ${name}`,
    'cases:',
    cases
      .map(({ name: title, given, expect }) => `  - name: ${title}\n    given: ${given}\n    expect: ${expect}\n`)
      .join('\n'),
  ].join('\n');
}

async function casesOf(
  plugin: SoundPlugin,
  { type }: Example,
  examples: readonly Example[],
  now: number,
): Promise<readonly Case[]> {
  const { endpoint } = makeTestKeys(plugin);
  const read = () => Promise.reject(new Error('no file is given'));
  const options = { now, ...(await readLimitsOfNoConfig()), examples, read };
  const valid = await sendGiven(endpoint, { example: type }, options);
  const unsigned = await sendGiven(endpoint, { example: type, signing: 'none' }, options);
  const example = JSON.stringify(type);
  return [
    ...(valid.published.length === 0
      ? []
      : [
          {
            name: JSON.stringify(`${type} is published`),
            given: `{ example: ${example} }`,
            expect: expectPublished(valid),
          },
        ]),
    ...(unsigned.status === 401
      ? [
          {
            name: 'nobody gets in without a signature',
            given: `{ example: ${example}, signing: none }`,
            expect: '{ status: 401 }',
          },
        ]
      : []),
  ];
}

/** A batch has several records: they are counted by whoever writes a test about them. */
function expectPublished({ status, published }: RequestResult): string {
  const [only, second] = published;
  return only === undefined || second !== undefined
    ? `{ status: ${status} }`
    : `{ status: ${status}, topic: ${only.record.topic} }`;
}
