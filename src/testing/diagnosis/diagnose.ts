import type { Delivery, Endpoint } from '../../core/model.js';
import { Rejection, type RejectionCode } from '../../core/rejection.js';
import { shakeHands } from '../../core/stages/verify.js';
import { attempt, type Cause, findCauses, type VerifyContext } from './causes.js';

export type Diagnosis =
  | { readonly verified: true; readonly secret: string; readonly signedAt?: string; readonly handshake?: boolean }
  | {
      readonly verified: false;
      readonly code: RejectionCode;
      readonly meaning: string;
      readonly detail?: string;
      readonly causes: readonly Cause[];
    };

/** Verifies a delivery as the endpoint would; if it isn't proven, tries what would make its signature fit. */
export function diagnoseRequest(delivery: Delivery, scene: VerifyContext): Diagnosis {
  const { endpoint, now } = scene;
  if (shakeHands(endpoint, delivery, now, 'before') !== undefined) {
    return { verified: true, secret: 'none: it is a handshake, which is answered to anybody', handshake: true };
  }
  const outcome = attempt(endpoint, delivery, scene);
  if (!(outcome instanceof Rejection)) {
    const { secret, signedAt } = outcome;
    return {
      verified: true,
      secret,
      ...(signedAt !== undefined && { signedAt: new Date(signedAt).toISOString() }),
    };
  }
  const { code, message: meaning, detail } = outcome;
  return {
    verified: false,
    code,
    meaning,
    causes: causesOf(outcome, delivery, scene),
    ...(detail !== undefined && { detail }),
  };
}

function causesOf(rejection: Rejection, delivery: Delivery, scene: VerifyContext): readonly Cause[] {
  const known = explain(rejection, scene.endpoint);
  if (known !== undefined) return [known];
  const found = findCauses.flatMap((suspect) => suspect(delivery, scene, rejection));
  const certain = found.filter(({ sure }) => sure === 'certain');
  if (certain.length > 0) return certain;
  return found.length > 0 || rejection.code !== 'signature_mismatch' ? found : [unknown];
}

const unknown: Cause = {
  sure: 'possible',
  cause: 'Wrong secret, or the body was altered in a way that this command does not try',
  advice:
    'copy the secret of this very webhook again from the provider; capture the request as it arrives, byte for byte',
};

/** What the rejection itself says enough about. */
function explain({ code, detail }: Rejection, { provider }: Endpoint): Cause | undefined {
  switch (code) {
    case 'timestamp_stale':
      return {
        sure: 'certain',
        cause: `The signature is good, but old: ${detail}`,
        advice:
          'for a request captured earlier give the time of its arrival: --at; else a clock is wrong, or it was queued',
      };
    case 'timestamp_future':
      return {
        sure: 'certain',
        cause: `The signature is good, but of the future: ${detail}`,
        advice: "this machine's clock is behind, or --at is",
      };
    case 'secret_inactive':
      return {
        sure: 'certain',
        cause: `The signature is good, but ${detail}, which has expired or is not active yet`,
        advice: 'see notBefore and expires of that secret',
      };
    case 'key_unavailable':
      return { sure: 'certain', cause: `The key of ${provider.title} could not be fetched: ${detail}` };
    case 'key_untrusted':
      return { sure: 'certain', cause: `The key that the delivery names is not trusted: ${detail}` };
    default:
      return undefined;
  }
}
