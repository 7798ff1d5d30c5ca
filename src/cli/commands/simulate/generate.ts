import type { OutgoingRequest } from '../../../core/model.js';
import { Failure } from '../../../exit.js';
import type { ExampleOffer } from '../../../testing/simulator/compose.js';
import type { SendSummary, SendTally } from '../../../testing/simulator/tally.js';
import { parseDuration } from '../../../util/duration.js';
import { BaseCommand } from '../../base-command.js';
import { awaitInterruption } from '../../interruption.js';
import { Flags } from '../../oclif.js';
import { createProgress } from '../../progress.js';
import { chooseOffer, prepareRequests, prepareSimulation, sendFlags } from '../../simulation.js';

interface Report extends SendSummary {
  /** Due, but there was no place for them among the requests under way. */
  readonly unsent: number;
  readonly seconds: number;
}

export default class SimulateGenerate extends BaseCommand {
  static override summary = 'Send signed webhooks at a steady rate, then say how the gateway did.';
  static override description =
    'Requests are due at fixed times, however long the answers take. One that is held up because --concurrency others are ' +
    'under way is timed from the moment it was due. Ctrl-C ends the run and still prints the figures (exit code 130). ' +
    'The exit code is 1 if any request was not accepted, 4 if there is no answer from the beginning.';
  static override examples = [
    '<%= config.bin %> simulate generate --rate 5 --duration 60',
    '<%= config.bin %> simulate generate --rate 500 --duration 2m --type charge.refunded --type charge.captured',
  ];
  static override flags = {
    ...sendFlags,
    rate: Flags.custom<number>({
      char: 'r',
      default: 5,
      helpValue: 'N',
      description: 'Requests per second.',
      parse: async (text) => parsePositive('--rate', text),
    })(),
    duration: Flags.custom<number>({
      default: 60_000,
      defaultHelp: async () => '60s',
      helpValue: 'TIME',
      description: 'How long: seconds, or with a unit, as in 90s, 2m.',
      parse: async (text) => parseLength(text),
    })(),
    concurrency: Flags.integer({ min: 1, default: 64, helpValue: 'N', description: 'Requests under way at the most.' }),
    type: Flags.string({
      char: 't',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'TYPE',
      description: 'Event type, repeatable. Without it: every example in turn.',
    }),
  };

  override async run(): Promise<Report> {
    const { flags } = await this.parse(SimulateGenerate);
    const interrupted = awaitInterruption();
    const { offers, base, trusting } = await prepareSimulation(flags);
    const chosen = flags.type ? await Promise.all(flags.type.map((type) => chooseOffer(offers, type))) : offers;
    const next = await prepareMix(chosen, base);
    const [{ generate }, { createSender }, { SendTally }] = await Promise.all([
      import('../../../testing/simulator/generate.js'),
      import('../../../testing/simulator/sender.js'),
      import('../../../testing/simulator/tally.js'),
    ]);
    const { rate, duration, concurrency } = flags;
    const tally = new SendTally();
    const sender = createSender(base, concurrency, trusting);
    const started = performance.now();
    const stopProgress = drawProgress(tally, Math.max(1, Math.round((rate * duration) / 1000)));
    const { unsent } = await generate({ rate, duration, concurrency, next, sender, tally, signal: interrupted });
    stopProgress();
    await sender.close();
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    const report: Report = { ...tally.summary(), unsent, seconds };
    this.log(describe(report));
    if (report.accepted < report.sent) this.endWith('negative');
    if (tally.hopeless) throw new Failure('unreachable', `No answer from ${base}`, { ...report });
    if (interrupted.aborted) this.endWith('interrupted');
    return report;
  }
}

/** Requests of all the offers in turn. */
async function prepareMix(offers: readonly ExampleOffer[], base: string): Promise<() => OutgoingRequest> {
  const sources = await Promise.all(
    offers.map((offer) => prepareRequests(offer, { base, overrides: [], invalid: false })),
  );
  let turn = 0;
  return () => {
    const source = sources[turn++ % sources.length];
    if (!source) throw new Failure('config', 'The plugins of this configuration have no examples');
    return source();
  };
}

/** Draws five times a second on a terminal; returns what ends it. */
function drawProgress(tally: SendTally, total: number): () => void {
  const progress = createProgress(process.stderr);
  const timer = setInterval(() => {
    const { sent, accepted, rejected, failed } = tally.counts();
    const bad = sum(rejected) + sum(failed);
    progress.show(sent / total, `${sent}/${total} sent  ${accepted} accepted  ${bad} not`);
  }, 200);
  return () => {
    clearInterval(timer);
    progress.clear();
  };
}

function describe({ sent, accepted, deadLettered, rejected, failed, unsent, seconds, milliseconds }: Report): string {
  const perSecond = seconds > 0 ? Math.round((sent / seconds) * 10) / 10 : sent;
  const lines = [
    `sent      ${sent} in ${seconds} s (${perSecond}/s)`,
    `accepted  ${accepted}${deadLettered > 0 ? ` (${deadLettered} of them dead-lettered)` : ''}`,
    `rejected  ${sum(rejected)}${breakdown(rejected)}`,
    `failed    ${sum(failed)}${breakdown(failed)}`,
  ];
  if (unsent > 0) lines.push(`unsent    ${unsent} (no place among the requests under way: see --concurrency)`);
  if (milliseconds) {
    const { p50, p95, p99, max } = milliseconds;
    lines.push(`answers   p50 ${p50} ms  p95 ${p95} ms  p99 ${p99} ms  max ${max} ms`);
  }
  return lines.join('\n');
}

function sum(counts: { readonly [name: string]: number }): number {
  return Object.values(counts).reduce((total, number) => total + number, 0);
}

function breakdown(counts: { readonly [name: string]: number }): string {
  const parts = Object.entries(counts).map(([name, number]) => `${name}: ${number}`);
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}

function parsePositive(flag: string, text: string): number {
  const number = Number(text);
  if (!(number > 0 && Number.isFinite(number))) throw new Failure('usage', `${flag} ${text}: not a number above 0`);
  return number;
}

/** Milliseconds of `90s`, `2m`, `1.5h`, or of a number of seconds. */
function parseLength(text: string): number {
  if (!/^\d+(\.\d+)?(ms|[smh])?$/.test(text)) return parsePositive('--duration', text);
  return parsePositive('--duration', String(parseDuration(/\d$/.test(text) ? `${text}s` : text)));
}
