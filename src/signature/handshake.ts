import type { CustomAnswer, Fault, Handshake } from '../core/model.js';
import { Rejection } from '../core/rejection.js';
import { toPointer } from '../diagnostics/pointer.js';
import { Builder, type PluginFacts } from './builder.js';
import { compileConditions, findUnmet } from './conditions.js';
import type { HandshakeDeclaration, SignatureDeclaration } from './declaration.js';
import { SignedMessage } from './message.js';
import { compileOffers } from './offers.js';
import { newestKeys } from './secrets.js';
import { renderBytes } from './sources.js';

type Write = (message: SignedMessage) => unknown;

/** Compiles `handshakes` of a plugin.yaml. The key of `hmac-…` filters is that of the first scheme of its signature. */
export function compileHandshakes(
  declared: readonly HandshakeDeclaration[],
  signature: SignatureDeclaration,
  facts: PluginFacts,
): { handshakes: readonly Handshake[]; faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const kind = keyKind(signature) ?? (facts.secrets?.length === 1 ? facts.secrets[0]?.name : undefined);
  const handshakes = declared.map((each, index) => {
    const builder = new Builder(`/handshakes/${index}`, facts, faults, { hmac: true });
    builder.secret = kind;
    return compileHandshake(each, builder, kind);
  });
  return { handshakes, faults };
}

function keyKind(signature: SignatureDeclaration): string | undefined {
  if ('algorithm' in signature) return signature.key?.secret;
  const list = 'any' in signature ? signature.any : 'all' in signature ? signature.all : [];
  return list.map(keyKind).find((kind) => kind !== undefined);
}

function compileHandshake(declared: HandshakeDeclaration, builder: Builder, kind: string | undefined): Handshake {
  const method = declared.when['{method}'];
  const methods = typeof method === 'boolean' || method === undefined ? ['POST'] : [method].flat();
  const conditions = compileConditions(declared.when, (template, name) =>
    builder.pieces(template, `/when${toPointer(name)}`, template === name),
  );
  const { status = 200, body, json } = declared.respond;
  const type = declared.respond.type ?? (json === undefined ? 'text/plain' : 'application/json');
  const write = json === undefined ? compileText(body ?? '', '/respond/body', builder) : compileJson(json, builder);
  checkOffers(declared, builder);
  const headers = builder.uses.filter(({ part }) => part.source === 'header').map(({ part }) => part.name);
  function answer(message: SignedMessage): CustomAnswer | undefined {
    if (!methods.includes(message.request.method) || findUnmet(conditions, message) !== undefined) return undefined;
    const written = write(message);
    if (written === undefined) return undefined;
    return { status, type, body: json === undefined ? String(written) : JSON.stringify(written) };
  }
  return {
    methods,
    verified: declared.verified,
    headers: [...new Set(headers)],
    answer(delivery, secrets, now, surroundings) {
      const message = new SignedMessage(delivery, surroundings);
      message.secrets = newestKeys(secrets, now);
      message.proven = declared.verified === 'after';
      message.key = message.secrets.get(kind ?? '') ?? message.secrets.get('');
      return orNothing(() => answer(message));
    },
  };
}

/**
 * An answer to anybody that has an HMAC of what anybody sends, made with the key of the events, signs events for them. What
 * a handshake would sign is therefore no event (see `verify`), so `when` must keep whatever looks like one from being signed.
 */
function checkOffers(declared: HandshakeDeclaration, builder: Builder): void {
  for (const { pointer, part, covers } of compileOffers(declared)) {
    if (!eventLike.some((text) => covers(Buffer.from(text)))) continue;
    builder.fault(pointer, 'anyone who asks gets any text signed with the key of the events', part, {
      rule: 'handshake-signs-anything',
      hint: `let only texts through that cannot be an event: "{${part.source}.${part.name}|hex}": true in "when"`,
    });
  }
}

const eventLike = ['{"id":"1","type":"a"}', '[{"id":"1"}]', '<event><id>1</id></event>', 'id=1&type=a', '1:a'];

/** What can't be read, such as a body that isn't JSON, is not a handshake; verification says what is wrong with it. */
function orNothing(answer: () => CustomAnswer | undefined): CustomAnswer | undefined {
  try {
    return answer();
  } catch (error) {
    if (error instanceof Rejection) return undefined;
    throw error;
  }
}

function compileText(template: string, pointer: string, builder: Builder): Write {
  const pieces = builder.pieces(template, pointer);
  return (message) => renderBytes(pieces, message)?.toString();
}

/** A JSON value whose texts are templates. */
function compileJson(json: unknown, builder: Builder): Write {
  function compile(value: unknown, pointer: string): Write {
    if (typeof value === 'string') return compileText(value, pointer, builder);
    if (Array.isArray(value)) {
      const writes = value.map((each, index) => compile(each, `${pointer}/${index}`));
      return (message) => writes.map((write) => write(message));
    }
    if (typeof value !== 'object' || value === null) return () => value;
    const members = Object.entries(value).map(
      ([name, each]) => [name, compile(each, pointer + toPointer(name))] as const,
    );
    return (message) => Object.fromEntries(members.map(([name, write]) => [name, write(message)]));
  }
  return compile(json, '/respond/json');
}
