import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { Dice } from './world.js';

const { randomBytes } = crypto;

/** What the product takes for chance comes from the seed, too, so that it is replayed exactly. Gives what ends that. */
export function seedChance(seed: number): () => void {
  const dice = new Dice(seed ^ 0x5eed);
  replaceRandomBytes((size: number) => Buffer.from(Array.from({ length: size }, () => dice.below(256))));
  return () => replaceRandomBytes(randomBytes);
}

function replaceRandomBytes(by: (size: number) => Buffer): void {
  Object.assign(crypto, { randomBytes: by });
  syncBuiltinESMExports();
}
