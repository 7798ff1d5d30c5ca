import { createHash } from 'node:crypto';
import { compileRule } from '../../core/rules/compile.js';
import { specimensOf } from '../../testing/plugins/lint-examples.js';
import { type Evaluation, evaluateOn, type Subject } from '../../testing/rules/evaluate.js';
import { errorText } from '../../util/errors.js';
import { withExactNumbers } from '../../util/json/parse.js';
import { writeJson } from '../../util/json/write.js';
import { placeholderId } from '../../util/placeholder-id.js';
import type { EvalRequest, EvalResult } from '../contract.js';
import { Refused } from '../respond.js';
import type { Config } from './work.js';

/** Subjects; milliseconds after which no other is begun; characters of a value that is shown. */
const mostSubjects = 50;
const patience = 2_000;
const longestValue = 65_536;

/** Evaluates an expression as a rule is: with the same bounds, and without `$eval`. */
export async function evaluate(config: Config, request: EvalRequest): Promise<EvalResult> {
  const { rule, fault } = compileRule(request.expression);
  if (rule === undefined) return { fault: toFault(fault), results: [] };
  const subjects = 'json' in request ? [givenSubject(request.json)] : await exampleSubjects(config, request);
  const results = await evaluateOn(rule, subjects.slice(0, mostSubjects), { patience });
  return { results: results.map(toResult) };
}

function toFault(fault: ReturnType<typeof compileRule>['fault']): NonNullable<EvalResult['fault']> {
  const { message = 'it does not compile', hint, within } = fault ?? {};
  return { message, ...(hint !== undefined && { hint }), ...(within !== undefined && { within }) };
}

function givenSubject(json: string): Subject {
  const value = parse(json);
  const bindings = {
    headers: {},
    endpoint: { name: '', path: '' },
    deliveryId: placeholderId,
    digest: createHash('sha256').update(json).digest('hex'),
    exact: withExactNumbers(json, value),
  };
  return { example: '', item: '', value, bindings };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Refused(400, 'invalid', `json is not JSON: ${errorText(error)}`);
  }
}

async function exampleSubjects(
  { settings, plugins }: Config,
  { endpoint: name, example }: Extract<EvalRequest, { endpoint: string }>,
): Promise<readonly Subject[]> {
  const endpoint = settings.endpoints.find((each) => each.name === name);
  const plugin = plugins.find(({ provider }) => provider.name === endpoint?.provider.name);
  if (plugin === undefined) throw new Refused(404, 'not_found', `there is no endpoint "${name}"`);
  const all = await specimensOf(plugin, Date.now());
  const subjects = all.filter((each) => example === undefined || each.example === example);
  if (subjects.length > 0) return subjects;
  throw new Refused(
    404,
    'not_found',
    `${plugin.provider.name} has no example${example === undefined ? '' : ` "${example}"`}`,
  );
}

function toResult({ example, value, type, ...rest }: Evaluation): EvalResult['results'][number] {
  const named = { ...(example !== '' && { example }), ...rest };
  if (value === undefined || type === 'function') return { ...named, type };
  const text = writeJson(value);
  if (text.length > longestValue)
    return {
      ...named,
      type,
      error: `the value has ${text.length} characters of JSON: more than ${longestValue} are not shown`,
    };
  const shown: unknown = JSON.parse(text);
  return { ...named, type, value: shown };
}
