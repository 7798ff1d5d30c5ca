import type { Bindings, Endpoint } from '../../../core/model.js';
import { compileRule } from '../../../core/rules/compile.js';
import { compileEvents } from '../../../core/rules/events.js';
import { parseDuration } from '../../../util/duration.js';
import { errorText } from '../../../util/errors.js';
import { itemPaths, parsePath, putAt } from '../../../util/json/paths.js';
import { freshen, type Message, type Random, sameShape } from '../freshen.js';
import { isEncoded, renewAt } from '../renew.js';
import type { Scenario, ScenarioSettings, ValueDeclaration } from './declaration.js';

/** An event that is to be sent. */
export interface PlannedEvent {
  /** Of what happens to one payment: its events are sent one after the other. */
  readonly life: string;
  readonly scenario: Scenario;
  readonly endpoint: Endpoint;
  readonly type: string;
  /** When it happens and is due: milliseconds from the beginning of the simulation. */
  readonly at: number;
  /** Everything but the signature. */
  readonly message: Message;
  /** It is sent although the gateway has it: with the newest signature. */
  readonly repetition?: true;
}

export interface LifeOptions {
  readonly life: string;
  readonly endpoint: Endpoint;
  /** Milliseconds from the beginning of the simulation. */
  readonly start: number;
  /** The beginning of the simulation: milliseconds since the epoch. */
  readonly epoch: number;
  readonly random: Random;
}

/** From the first event of a scenario to its last, in milliseconds. */
export function lengthOf({ steps }: Scenario): number {
  return steps.reduce((sum, { after = '0s' }) => sum + parseDuration(after), 0);
}

/** The events of one life. Throws an `Error` that names the scenario where one of its rules fails. */
export async function planLife(scenario: Scenario, options: LifeOptions): Promise<readonly PlannedEvent[]> {
  const { life, endpoint, start, epoch, random } = options;
  const values = await drawValues(scenario, random);
  const events: PlannedEvent[] = [];
  let at = start;
  for (const { event, like = event, after = '0s', set = {} } of scenario.steps) {
    at += parseDuration(after);
    const example = scenario.examples.get(like);
    if (example === undefined) throw new Error(`scenario ${scenario.name}: there is no example of "${like}"`);
    const common = (scenario.always ?? []).filter(({ events: globs }) => compileEvents(globs)(event));
    const settings = Object.assign({}, ...common.map((each) => each.set), set);
    const fresh = freshen(example, example.fresh, endpoint.provider.items, epoch + at, random);
    const times = { time: toSeconds(epoch + at), start: toSeconds(epoch + start) };
    const message = await apply(fresh, settings, { ...values, ...times }, { scenario, items: endpoint.provider.items });
    events.push({ life, scenario, endpoint, type: event, at, message });
  }
  return events;
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

/** The message with the settings put in, each into every item of a batch. */
export async function apply(
  message: Message,
  settings: ScenarioSettings,
  values: ScenarioSettings,
  { scenario, items }: { readonly scenario: Scenario; readonly items: string | undefined },
): Promise<Message> {
  const headers = { ...message.headers };
  let { payload } = message;
  for (const [path, setting] of Object.entries(settings)) {
    const value = await settle(setting, values, scenario);
    if (path.startsWith('$headers.')) headers[path.slice('$headers.'.length)] = String(value);
    else for (const item of itemPaths(payload, items)) payload = put(payload, [...item, ...parsePath(path)], value);
  }
  return { headers, payload };
}

/** In a document inside of a text, what is there already becomes another value; nothing is added to it. */
function put(payload: unknown, path: readonly string[], value: unknown): unknown {
  return path.some(isEncoded) ? renewAt(payload, path, () => value) : putAt(payload, path, value);
}

async function settle(setting: unknown, values: ScenarioSettings, scenario: Scenario): Promise<unknown> {
  return typeof setting === 'string' && setting.startsWith('=')
    ? evaluate(setting.slice(1), values, scenario)
    : setting;
}

async function drawValues(scenario: Scenario, random: Random): Promise<ScenarioSettings> {
  const values: { [name: string]: unknown } = {};
  for (const [name, declaration] of Object.entries(scenario.values ?? {})) {
    values[name] = await draw(declaration, values, scenario, random);
  }
  return values;
}

async function draw(
  declaration: ValueDeclaration,
  values: ScenarioSettings,
  scenario: Scenario,
  random: Random,
): Promise<unknown> {
  if ('is' in declaration) return evaluate(declaration.is, values, scenario);
  if ('oneOf' in declaration) return declaration.oneOf[random(declaration.oneOf.length)];
  if ('integer' in declaration) {
    const [from, to] = declaration.integer;
    return from + random(to - from + 1);
  }
  return sameShape(declaration.id, random);
}

const noBindings: Bindings = { headers: {}, endpoint: { name: '', path: '' }, deliveryId: '', digest: '' };

async function evaluate(source: string, values: ScenarioSettings, scenario: Scenario): Promise<unknown> {
  const { rule, fault } = compileRule(source);
  if (rule === undefined) throw new Error(`scenario ${scenario.name}: ${source}: ${fault?.message}`);
  try {
    return await rule.evaluate(values, noBindings);
  } catch (error) {
    throw new Error(`scenario ${scenario.name}: ${source}: ${errorText(error)}`);
  }
}
