import { basename } from 'node:path';
import type { SoundPlugin } from '../../config/plugins/load.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { tryPlugin } from '../rules/plugin.js';
import { groundOf, type Specimen } from '../rules/specimens.js';
import type { Check } from './checks.js';

/** What comes of trying each rule of a plugin on its examples: one that fails is a failed check, all else is a note. */
export async function checkRules(
  plugin: SoundPlugin,
  specimens: readonly Specimen[],
): Promise<{ readonly checks: readonly Check[]; readonly notes: readonly string[] }> {
  const faults = await tryPlugin(plugin, groundOf(plugin.provider, specimens));
  const found = faults.map(plugin.document.toDiagnostic);
  const fails = ({ rule }: Diagnostic) => rule === 'expr-fails';
  return {
    checks: found.filter(fails).map((diagnostic) => toCheck(plugin, diagnostic)),
    notes: found
      .filter((each) => !fails(each))
      .map((each) => `${placeOf(plugin, each)}: ${each.message} [${each.rule}]`),
  };
}

function toCheck(plugin: SoundPlugin, diagnostic: Diagnostic): Check {
  const { message, hint } = diagnostic;
  return {
    what: 'rules',
    outcome: 'failed',
    expected: 'rules that work on the examples',
    got: message,
    see: placeOf(plugin, diagnostic),
    ...(hint !== undefined && { hint }),
  };
}

function placeOf({ folder }: SoundPlugin, { range }: Diagnostic): string {
  const file = `${basename(folder)}/plugin.yaml`;
  return range === undefined ? file : `${file}:${range.start.line}:${range.start.column}`;
}
