import type { TimestampDeclaration } from '../../../src/signature/declaration.js';
import { schemesOf } from '../../../src/signature/declared-schemes.js';
import { parseDuration } from '../../../src/util/duration.js';
import { sendHonestly } from '../honest.js';
import type { Target } from '../scene.js';
import type { Kind } from './kind.js';

/** Milliseconds beyond what is tolerated. */
const beyond = 5_000;

/** Undefined where the provider signs no time in one of its ways. */
function windows({ declaration }: Target): readonly TimestampDeclaration[] | undefined {
  const schemes = schemesOf(declaration.signature);
  const all = schemes.flatMap(({ timestamp }) => timestamp ?? []);
  return all.length === schemes.length ? all : undefined;
}

export const timeKinds: readonly Kind[] = [
  {
    layer: 'time',
    name: 'signed too long ago',
    weight: 1.5,
    make({ target }, dice) {
      const all = windows(target);
      if (all === undefined || !target.honest) return undefined;
      const most = Math.max(...all.map(({ tolerance }) => parseDuration(tolerance)));
      const age = most + beyond + dice(7 * 86_400_000);
      return { request: sendHonestly(target, dice, Date.now() - age), signed: [], claim: 'never' };
    },
  },
  {
    layer: 'time',
    name: 'signed in the future',
    weight: 1,
    make({ target }, dice) {
      const all = windows(target);
      if (all === undefined || !target.honest) return undefined;
      const most = Math.max(...all.map(({ tolerance, future }) => parseDuration(future ?? tolerance)));
      const ahead = most + 60_000 + dice(7 * 86_400_000);
      return { request: sendHonestly(target, dice, Date.now() + ahead), signed: [], claim: 'never' };
    },
  },
];
