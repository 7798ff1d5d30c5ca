import { isAbsolute, relative } from 'node:path';
import type { GatewaySettings } from '../config/settings.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { Failure } from '../exit.js';
import type { SoundConfig } from '../server/workers/reload.js';
import { printable } from '../util/printable.js';

export async function loadSettings(file: string, options: { readonly warn: boolean }): Promise<GatewaySettings> {
  return (await loadSound(file, options)).settings;
}

/** The checked configuration; warnings go to stderr with `warn`. Throws a `config` Failure that says every fault. */
export async function loadSound(file: string, options: { readonly warn: boolean }): Promise<SoundConfig> {
  const { loadConfig } = await import('../config/load.js');
  const { settings, ...loaded } = await loadConfig(file, process.env, Date.now());
  if (!settings) return failUnsound(file, loaded);
  const { diagnostics, sources } = loaded;
  if (options.warn && diagnostics.length > 0) process.stderr.write(await present(diagnostics, sources, process.stderr));
  return { ...loaded, settings };
}

/** Throws a `config` Failure that says every fault of a configuration. */
export async function failUnsound(
  file: string,
  { diagnostics, sources }: Pick<SoundConfig, 'diagnostics' | 'sources'>,
): Promise<never> {
  const message = (await present(diagnostics, sources, process.stderr)) + summarize(file, diagnostics);
  throw new Failure('config', message, { diagnostics });
}

/** The findings for people, with colours where the stream shows them; ends with a line break unless it is empty. */
export async function present(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
  stream: NodeJS.WriteStream,
): Promise<string> {
  const { formatPretty } = await import('../diagnostics/pretty.js');
  return formatPretty(diagnostics, sources, { base: process.cwd(), colours: stream.isTTY && stream.hasColors() });
}

/** One line about the findings in a file (absolute), or in what `file` says: `config/gateway.yaml: 2 errors, 1 warning`. */
export function summarize(file: string, diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const found = [count(errors, 'error'), count(diagnostics.length - errors, 'warning')].filter(Boolean).join(', ');
  return printable(`${isAbsolute(file) ? relative('', file) || '.' : file}: ${found || 'no faults'}`);
}

function count(number: number, noun: string): string {
  if (number === 0) return '';
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
