import type { Proof, Secret } from '../core/model.js';
import { Rejection } from '../core/rejection.js';
import { findUnmet, type SchemeCondition } from './conditions.js';
import type { SignedMessage } from './message.js';
import type { Plan } from './plan.js';
import { prepare } from './read-signature.js';
import { verifyMessage } from './verify.js';

/** One scheme, or several of which any or all must hold. */
export type Tree =
  | { readonly kind: 'one'; readonly plan: Plan }
  | { readonly kind: 'any' | 'all'; readonly when: readonly SchemeCondition[]; readonly trees: readonly Tree[] };

export function verifyTree(tree: Tree, message: SignedMessage, secrets: readonly Secret[], now: number): Proof {
  if (tree.kind === 'one') return verifyMessage(tree.plan, message, secrets, now);
  const trees = tree.trees.filter((each) => applies(each, message));
  if (trees.length === 0) {
    throw new Rejection('signature_missing', {
      detail: 'the delivery is signed in none of the ways that the plugin knows',
    });
  }
  return tree.kind === 'all' ? verifyAll(trees, message, secrets, now) : verifyAny(trees, message, secrets, now);
}

/** True if a delivery is of the kind that the scheme is for. */
export function applies(tree: Tree, message: SignedMessage): boolean {
  const when = tree.kind === 'one' ? tree.plan.when : tree.when;
  if (when.length === 0) return true;
  try {
    if (tree.kind === 'one') prepare(tree.plan, message);
  } catch (error) {
    // Without its signature the conditions can tell all the same; `{sig.…}` is then absent.
    if (!(error instanceof Rejection)) throw error;
    message.sig = [];
  }
  return findUnmet(when, message) === undefined;
}

function verifyAll(trees: readonly Tree[], message: SignedMessage, secrets: readonly Secret[], now: number): Proof {
  const proofs = trees.map((tree) => verifyTree(tree, message, secrets, now));
  const signedAt = proofs.find((proof) => proof.signedAt !== undefined)?.signedAt;
  const secret = proofs.map((proof) => proof.secret).join(' ');
  return signedAt === undefined ? { secret } : { secret, signedAt };
}

/** The rejection of the scheme that came furthest: one whose signature is missing says least. */
function verifyAny(trees: readonly Tree[], message: SignedMessage, secrets: readonly Secret[], now: number): Proof {
  let best: Rejection | undefined;
  for (const tree of trees) {
    try {
      return verifyTree(tree, message, secrets, now);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      if (best === undefined || best.code === 'signature_missing' || error.code === 'key_unavailable') best = error;
    }
  }
  throw best ?? new Rejection('signature_missing');
}

/** Every scheme of the tree. */
export function plansOf(tree: Tree): readonly Plan[] {
  return tree.kind === 'one' ? [tree.plan] : tree.trees.flatMap(plansOf);
}
