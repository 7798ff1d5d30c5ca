import type { CustomAnswer, Fault, WriteAnswer } from '../core/model.js';
import { Rejection } from '../core/rejection.js';
import { Builder, type PluginFacts } from './builder.js';
import { SignedMessage } from './message.js';
import { renderBytes } from './sources.js';
import type { ValuePart } from './templates.js';

/** What of a delivery may be written back: never a secret, and not what stands only while a signature is taken apart. */
const sources: ReadonlySet<ValuePart['source']> = new Set(['form', 'json', 'query', 'header', 'param']);
/** `{form.InvId}`. Braces of JSON are none: `{"ok": true}`. */
const value = /\{[a-z]+[.:|][^{}]*\}/i;

/** Compiles `answer` of a plugin.yaml. A body without a source in it is taken as it is, brackets and all. */
export function compileAnswer(
  declared: CustomAnswer,
  facts: PluginFacts,
): { answer: WriteAnswer; faults: readonly Fault[] } {
  const faults: Fault[] = [];
  if (!value.test(declared.body)) return { answer: () => declared, faults };
  const builder = new Builder('/answer', facts, faults);
  const pieces = builder.pieces(declared.body, '/body');
  for (const { part } of builder.uses) {
    if (sources.has(part.source)) continue;
    builder.fault('/body', `an answer can't hold {${part.source}}`, part, {
      hint: `it is made of ${[...sources].join(', ')}`,
    });
  }
  return {
    faults,
    answer(delivery, surroundings) {
      const message = new SignedMessage(delivery, surroundings);
      message.proven = true;
      try {
        const body = renderBytes(pieces, message)?.toString();
        return body === undefined ? undefined : { ...declared, body };
      } catch (error) {
        // What can't be read has become a dead letter.
        if (error instanceof Rejection) return undefined;
        throw error;
      }
    },
  };
}
