import { type KeyObject, X509Certificate } from 'node:crypto';
import type { KeyDocument, KeyRequest } from '../core/model.js';
import { Rejection } from '../core/rejection.js';
import {
  findPath,
  isMadeOutTo,
  issuerUrls,
  isValid,
  type Path,
  readCertificates,
  systemAuthorities,
} from './certificates.js';
import { type RemotePlan, requestId, untrusted } from './remote.js';

type Documents = ReadonlyMap<string, KeyDocument>;

/** A document of certificates: the key's own, and whichever of its issuers the provider sends with it. */
interface Chain {
  readonly leaf: X509Certificate;
  readonly others: readonly X509Certificate[];
  /** How it was trusted last. */
  path: Path | undefined;
}

/** An intermediate authority of an intermediate authority is the most that public ones have. */
const mostFetched = 2;

const chains = new WeakMap<RemotePlan, WeakMap<KeyDocument, Chain>>();

/**
 * The key in a fetched certificate that is valid `now` (milliseconds since the epoch), made out to the provider, and
 * issued by an authority that is trusted. Throws a Rejection: `key_untrusted`, or `key_unavailable` where only its
 * issuer could not be fetched.
 */
export function certifiedKey(plan: RemotePlan, document: KeyDocument, documents: Documents, now: number): KeyObject {
  const chain = chainOf(plan, document);
  const { leaf } = chain;
  if (!isValid(leaf, now)) throw untrusted('the certificate of the key is not valid now');
  if (plan.subjects.length > 0 && !isMadeOutTo(leaf, plan.subjects)) {
    throw untrusted('the certificate of the key is issued to someone else');
  }
  if (pathOf(plan, chain, documents, now) !== undefined) return leaf.publicKey;
  const { wanted } = fetchedIssuers(plan, chain, documents);
  if (wanted === undefined)
    throw untrusted(`the certificate of the key is not from a trusted authority${nameOf(leaf)}`);
  throw new Rejection('key_unavailable', { detail: `no certificate of the issuer from ${new URL(wanted).hostname}` });
}

/** What else must be fetched to check a certificate: that of its issuer, where it says that it is. */
export function issuerRequest(
  plan: RemotePlan,
  document: KeyDocument,
  documents: Documents,
  now: number,
): KeyRequest | undefined {
  if (plan.format !== 'cert' || plan.issuerHosts.length === 0) return undefined;
  const chain = chainOf(plan, document);
  if (pathOf(plan, chain, documents, now) !== undefined) return undefined;
  const { wanted } = fetchedIssuers(plan, chain, documents);
  if (wanted === undefined) return undefined;
  return { id: requestId(wanted), url: wanted, method: 'GET', headers: {}, certificate: true };
}

function chainOf(plan: RemotePlan, document: KeyDocument): Chain {
  const known = chains.get(plan) ?? new WeakMap<KeyDocument, Chain>();
  chains.set(plan, known);
  const chain = known.get(document) ?? parseChain(document);
  known.set(document, chain);
  return chain;
}

function parseChain({ text }: KeyDocument): Chain {
  try {
    const [leaf, ...others] = readCertificates(text);
    if (leaf !== undefined) return { leaf, others, path: undefined };
  } catch {
    // What the parser says quotes the text.
  }
  throw untrusted('what was fetched is not a key (cert)');
}

function pathOf(plan: RemotePlan, chain: Chain, documents: Documents, now: number): Path | undefined {
  if (chain.path?.every((certificate) => isValid(certificate, now))) return chain.path;
  const { found } = fetchedIssuers(plan, chain, documents);
  const others = [...chain.others, ...found];
  chain.path =
    findPath(chain.leaf, others, plan.authorities, now) ?? findPath(chain.leaf, others, systemAuthorities(), now);
  return chain.path;
}

/** The issuers that were fetched, from the last certificate of the document on, and the URL of the first that was not. */
function fetchedIssuers(
  { issuerHosts }: RemotePlan,
  { leaf, others }: Chain,
  documents: Documents,
): { readonly found: readonly X509Certificate[]; readonly wanted?: string } {
  const found: X509Certificate[] = [];
  let last = others.at(-1) ?? leaf;
  while (found.length < mostFetched) {
    const url = issuerUrls(last).find((text) => mayBeFetched(text, issuerHosts));
    if (url === undefined) return { found };
    const document = documents.get(requestId(url));
    if (document === undefined) return { found, wanted: url };
    const issuer = readIssuer(document);
    if (issuer === undefined) return { found };
    found.push(issuer);
    last = issuer;
  }
  return { found };
}

function mayBeFetched(text: string, hosts: readonly RegExp[]): boolean {
  if (text.length > 2000 || !URL.canParse(text)) return false;
  const { protocol, port, username, password, search, hostname } = new URL(text);
  const isPlain = port === '' && username === '' && password === '' && search === '';
  return isPlain && /^https?:$/.test(protocol) && hosts.some((host) => host.test(hostname));
}

function readIssuer({ text }: KeyDocument): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(text, 'base64'));
  } catch {
    return undefined;
  }
}

function nameOf({ issuer }: X509Certificate): string {
  const [, name] = /^CN=([ -~]{1,80})$/m.exec(issuer) ?? [];
  return name === undefined ? '' : `: it is issued by "${name}"`;
}
