import { Errors } from '@oclif/core';
import { expect } from 'chai';
import { PublishError } from '../../src/core/model.js';
import { Failure, toFailure } from '../../src/exit.js';
import { NoAnswerError } from '../../src/testing/simulator/sender.js';

describe('cli/failure', () => {
  const listen = Object.assign(new Error('listen'), { syscall: 'listen', address: '::1', port: 80, code: 'EACCES' });
  const cases: readonly [string, unknown, string, string | RegExp][] = [
    ['a failure', new Failure('config', 'no'), 'config', 'no'],
    ['a wrong flag', new Errors.CLIError('Nonexistent flag: --x'), 'usage', 'Nonexistent flag: --x'],
    [
      'nobody there',
      new NoAnswerError('ECONNREFUSED', 'http://a/', 0),
      'unreachable',
      'No answer from http://a/ (ECONNREFUSED): gateway start runs a gateway, gateway dev one for development',
    ],
    ['Kafka away', new PublishError('unavailable', 'ECONNREFUSED', 'no broker'), 'unreachable', 'no broker'],
    ['Kafka says no', new PublishError('refused', 'UNKNOWN_TOPIC_OR_PARTITION', 'no topic'), 'negative', 'no topic'],
    ['a port that may not be used', listen, 'negative', "Can't listen on ::1:80: this user may not listen there"],
    ['anything else', new TypeError('x is not a function'), 'bug', /^TypeError: x is not a function\n +at /],
    ['no error at all', 'text', 'bug', 'text'],
  ];
  for (const [name, error, reason, message] of cases) {
    it(`is ${reason} for ${name}`, () => {
      const failure = toFailure(error);
      expect(failure.reason).to.equal(reason);
      if (typeof message === 'string') expect(failure.message).to.equal(message);
      else expect(failure.message).to.match(message);
    });
  }
});
