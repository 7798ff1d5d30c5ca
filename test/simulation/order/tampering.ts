import type { Phase } from '../../../src/storage/spool/peers.js';
import type { Tampering } from './network.js';

/** The primary takes it for done before anybody has done it. */
function skip(...phases: readonly Phase[]): Tampering {
  return {
    fromPrimary: (message) =>
      message.kind === 'order' && phases.includes(message.phase)
        ? [{ kind: 'done', topic: message.topic, epoch: message.epoch }]
        : [],
  };
}

/** A rule of the workers, switched off. */
export const tamperings: { readonly [rule: string]: Tampering } = {
  closing: skip('closing'),
  settling: skip('settling'),
  clearing: skip('clearing'),
  draining: skip('draining'),
  /** Who is new says nothing of what its slot has left. */
  left: {
    toPrimary: (message) =>
      message.kind === 'joined'
        ? [{ ...message, lanes: message.lanes.map(({ topic }) => ({ topic, left: false })) }]
        : [message],
  },
};

export function findTampering(rule: string | undefined): Tampering {
  if (rule === undefined) return {};
  const tampering = tamperings[rule];
  if (tampering === undefined)
    throw new RangeError(`no such rule: ${rule}, there are ${Object.keys(tamperings).join(', ')}`);
  return tampering;
}
