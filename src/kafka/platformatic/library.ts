/**
 * What is used of @platformatic/kafka: connections and protocol. Its index loads everything else, too (consumer, registries, the
 * validators of all options), which takes 340 ms of CPU and 15 MB more. It exports nothing but the index, so these are the files
 * themselves, and package.json holds the version exactly.
 */
type Library = typeof import('@platformatic/kafka');

const index = import.meta.resolve('@platformatic/kafka');

export const { Connection }: Pick<Library, 'Connection'> = await load('network/connection.js');

export const { Writer }: Pick<Library, 'Writer'> = await load('protocol/writer.js');

export const {
  createAPI,
  createTopicsV7,
  describeConfigsV3,
  initProducerIdV3,
  metadataV10,
}: Pick<Library, 'createAPI' | 'createTopicsV7' | 'describeConfigsV3' | 'initProducerIdV3' | 'metadataV10'> =
  await load('apis/index.js');

export const {
  AuthenticationError,
  NetworkError,
  ProtocolError,
  ResponseError,
  TimeoutError,
}: Pick<Library, 'AuthenticationError' | 'NetworkError' | 'ProtocolError' | 'ResponseError' | 'TimeoutError'> =
  await load('errors.js');

function load(file: string) {
  return import(new URL(file, index).href);
}
