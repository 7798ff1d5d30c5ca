import { endLeft } from './cli.js';

/** Mocha calls it once, after all tests. */
export const mochaHooks = {
  afterAll(): void {
    const left = endLeft();
    if (left.length > 0) throw new Error(`still running after the tests: ${left.join(', ')}`);
  },
};
