import type {
  ExplainedCondition,
  ExplainedItem,
  ExplainedRecord,
  ExplainedRejection,
  ExplainedRoute,
  ExplainedSchema,
  Explanation,
  Verification,
} from '../testing/dry-run/explanation.js';
import { writeJson } from '../util/json/write.js';
import { printable } from '../util/printable.js';

const width = 10;

/** An explanation for people: a line or more for each stage, in the order of the pipeline. */
export function explanationLines(explanation: Explanation): string {
  const { endpoint, provider, subject, notes, verification, items, rejection, deadLetter, answer } = explanation;
  const several = items.length > 1;
  const lines = [
    `${subject} at endpoint "${endpoint}" (${provider})`,
    ...notes.map((note) => `  note: ${note}`),
    ...stage('verify', verificationLines(verification, rejection)),
    ...(rejection === undefined || rejection.stage === 'verify'
      ? []
      : stage(rejection.stage, rejectionLines(rejection))),
    ...(several ? stage('split', [`${items.length} events`]) : []),
    ...(items.length === 0 && answer.verdict === 'published' ? stage('split', ['no event is in it']) : []),
    ...items.flatMap((item) => itemLines(item, several)),
    ...(deadLetter === undefined
      ? []
      : stage('letter', [
          `to ${deadLetter.topic}, reason ${deadLetter.reason}`,
          ...(verification.outcome === 'refused' ? ['within the budget of deadLetter.unverified'] : []),
        ])),
    ...stage('dedupe', [describeDedupe(items)]),
    ...stage('answer', [`${answer.status}, ${answer.verdict}`]),
  ];
  return lines.map(printable).join('\n');
}

/** Whether it was published before, the running gateway knows. */
function describeDedupe(items: readonly ExplainedItem[]): string {
  const id = items[0]?.facts.find(({ name }) => name === 'id')?.value;
  return `not looked up: ${typeof id === 'string' ? `gateway find ${id} asks the running gateway` : 'it is known to the running gateway'}`;
}

function stage(name: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => `${(index === 0 ? name : '').padEnd(width)}${line}`);
}

function verificationLines(verification: Verification, rejection: ExplainedRejection | undefined): readonly string[] {
  switch (verification.outcome) {
    case 'proven': {
      const at = verification.signedAt === undefined ? '' : `, signed at ${verification.signedAt}`;
      const here = verification.signedHere ? ' (signed here, in memory, as the provider would)' : '';
      return [`proven with secret "${verification.secret}"${at}${here}`];
    }
    case 'refused':
      return [
        ...(rejection === undefined ? ['refused'] : rejectionLines(rejection)),
        ...verification.causes.flatMap(({ cause, advice }) => [
          cause,
          ...(advice === undefined ? [] : [`  → ${advice}`]),
        ]),
      ];
    case 'skipped':
      return [`not verified: ${verification.why}`];
  }
}

function rejectionLines({ code, meaning, detail }: ExplainedRejection): readonly string[] {
  return [`STOPPED ${code}: ${meaning}`, ...(detail === undefined ? [] : [`  ${detail}`])];
}

function itemLines(item: ExplainedItem, several: boolean): readonly string[] {
  const { pointer, schemas, facts, routes, record, rejection, repeats } = item;
  const stopped = (name: string) => (rejection?.stage === name ? rejectionLines(rejection) : []);
  return [
    ...(several ? ['', `item ${pointer}`] : []),
    ...stage('schema', [
      ...(schemas.length === 0 ? ['none: any payload is taken'] : schemas.flatMap(schemaLines)),
      ...stopped('validate'),
    ]),
    ...stage('identify', [
      ...facts.map(
        ({ name, source, value, failed, used }) =>
          `${name.padEnd(8)} ${failed === undefined ? show(value) : `failed: ${failed}`}${used || value === undefined ? '' : ' (left out: not of the right form)'}  ← ${oneLine(source)}`,
      ),
      ...stopped('identify'),
    ]),
    ...stage('route', [...routes.map(routeLine), ...stopped('map')]),
    ...(repeats === undefined ? [] : stage('record', [`none: event ${repeats} is in this body already`])),
    ...(record === undefined
      ? []
      : stage('record', [
          `topic    ${record.topic}`,
          `key      ${show(record.key)}${partitionText(record)}`,
          `value    ${record.bytes} bytes`,
          ...Object.entries(record.headers).map(([name, value]) => `${name}: ${value}`),
        ])),
  ];
}

function partitionText({ partition }: ExplainedRecord): string {
  return partition === undefined ? '' : `, partition ${partition.number} where the topic has ${partition.of}`;
}

function schemaLines({ name, when, outcome, errors }: ExplainedSchema): readonly string[] {
  return [
    `${name}: ${outcome}${conditionText(when)}`,
    ...errors.map(({ pointer, message, is }) => `  ${pointer || '(the whole)'} ${message}; it is ${is}`),
  ];
}

const marks = { taken: '→', 'other events': ' ', 'condition false': ' ', failed: '!', 'not tried': ' ' } as const;

function routeLine({ declaredAt, events, topic, outcome, when, key }: ExplainedRoute): string {
  const of = events.length === 0 ? '*' : events.join(', ');
  const keyed = key === undefined ? '' : `, key ${key.failed ?? show(key.value)} ← ${oneLine(key.source)}`;
  return `${marks[outcome]} ${declaredAt} ${of} to ${topic}: ${outcome}${conditionText(when)}${keyed}`;
}

function conditionText(when: ExplainedCondition | undefined): string {
  if (when === undefined) return '';
  const { source, outcome, failed } = when;
  return ` (when ${oneLine(source)} is ${failed === undefined ? outcome : `not decided: ${failed}`})`;
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : writeJson(value).slice(0, 200);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
