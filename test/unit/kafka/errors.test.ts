import { expect } from 'chai';
import { PublishError } from '../../../src/core/model.js';
import { describeCode, isAnswer, losesSequence } from '../../../src/kafka/faults.js';
import { translateError } from '../../../src/kafka/kafkajs/errors.js';

/** As kafkajs makes them; its own classes take other arguments than their types say. */
function make(name: string, fields: object = {}): Error {
  return Object.assign(new Error(name), { name: `KafkaJS${name}`, ...fields });
}

function protocol(type: string, code: number): Error {
  return make('ProtocolError', { type, code, retriable: true });
}

function retried(cause: Error): Error {
  return make('NumberOfRetriesExceeded', { retriable: false, retryCount: 5, cause });
}

function nonRetriable(cause: Error): Error {
  return make('NonRetriableError', { retriable: false, cause });
}

function connection(message: string, code?: string): Error {
  return make('ConnectionError', { message, broker: 'b:9092', code });
}

const cases: readonly (readonly [string, unknown, 'refused' | 'unavailable', string])[] = [
  ['a record too large', protocol('MESSAGE_TOO_LARGE', 10), 'refused', 'MESSAGE_TOO_LARGE'],
  ['an invalid record', retried(protocol('INVALID_RECORD', 87)), 'refused', 'INVALID_RECORD'],
  ['too few replicas', retried(protocol('NOT_ENOUGH_REPLICAS', 19)), 'unavailable', 'NOT_ENOUGH_REPLICAS'],
  ['a missing right', protocol('TOPIC_AUTHORIZATION_FAILED', 29), 'unavailable', 'TOPIC_AUTHORIZATION_FAILED'],
  [
    'a refused connection',
    nonRetriable(connection('Connection error: connect', 'ECONNREFUSED')),
    'unavailable',
    'ECONNREFUSED',
  ],
  ['an unknown host', retried(connection('Connection error: getaddrinfo', 'ENOTFOUND')), 'unavailable', 'ENOTFOUND'],
  ['an unreachable host', connection('Connection timeout'), 'unavailable', 'CONNECTION_TIMEOUT'],
  ['a goodbye at the login', connection('Connection closed by the server'), 'unavailable', 'CONNECTION_CLOSED'],
  ['a broken certificate', connection('Failed to connect: no start line'), 'unavailable', 'UNEXPECTED'],
  ['a hung broker', retried(make('RequestTimeoutError')), 'unavailable', 'REQUEST_TIMEOUT'],
  ['a closed connection', retried(make('ConnectionClosedError')), 'unavailable', 'CONNECTION_CLOSED'],
  ['a wrong password', make('SASLAuthenticationError'), 'unavailable', 'SASL_AUTHENTICATION_FAILED'],
  ['a bug', new TypeError('x is not a function'), 'unavailable', 'UNEXPECTED'],
  ['something thrown', 'text', 'unavailable', 'UNEXPECTED'],
];

describe('errors of kafkajs', () => {
  for (const [name, error, kind, reason] of cases) {
    it(`calls ${name} ${kind}: ${reason}`, () => {
      expect(translateError(error, 'orders')).to.include({ kind, reason });
    });
  }

  it('says what to do', () => {
    expect(translateError(protocol('UNKNOWN_TOPIC_OR_PARTITION', 3), 'orders').message).to.equal(
      "Kafka is not available: topic orders isn't there: create it, or set kafka.topics.create: missing " +
        '(UNKNOWN_TOPIC_OR_PARTITION)',
    );
  });

  it('names the codes of Kafka', () => {
    const reasons = [-1, 3, 87, 127, 999].map((code) => describeCode(code).reason);
    expect(reasons).to.deep.equal([
      ...['UNKNOWN_SERVER_ERROR', 'UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_RECORD', 'VOTER_NOT_FOUND', 'KAFKA_ERROR_999'],
    ]);
  });

  it('leaves a PublishError as it is', () => {
    const error = new PublishError('refused', 'X', 'x');
    expect(translateError(error)).to.equal(error);
  });

  it('knows an answer of a broker from a connection that failed', () => {
    expect(isAnswer(describeCode(19, 'orders'))).to.equal(true);
    expect(isAnswer(translateError(make('RequestTimeoutError')))).to.equal(false);
  });

  it('knows when the producer cannot go on under its id', () => {
    expect(losesSequence(describeCode(45))).to.equal(true);
    expect(losesSequence(describeCode(19))).to.equal(false);
  });
});
