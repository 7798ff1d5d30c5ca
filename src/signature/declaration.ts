/** `signature` of a plugin.yaml, as `schemas/plugin.schema.json` lets it through: one scheme, or several joined. */
export type SignatureDeclaration =
  | SchemeDeclaration
  | { readonly any: readonly SignatureDeclaration[]; readonly when?: Conditions }
  | { readonly all: readonly SignatureDeclaration[]; readonly when?: Conditions };

export interface SchemeDeclaration {
  readonly algorithm: Algorithm | { readonly switch: string; readonly cases: { readonly [name: string]: Algorithm } };
  readonly signature?: PlaceDeclaration;
  readonly content?: ContentDeclaration;
  readonly contentAny?: readonly ContentDeclaration[];
  readonly let?: { readonly [name: string]: ContentDeclaration };
  readonly document?: string;
  readonly key?: KeyDeclaration;
  readonly timestamp?: TimestampDeclaration;
  readonly jwt?: JwtDeclaration;
  readonly require?: Conditions;
  readonly when?: Conditions;
}

/** Where a signature is. */
export interface PlaceDeclaration {
  readonly from?: string | readonly string[];
  readonly decode?: 'base64' | 'base64url';
  readonly split?: { readonly items: string; readonly pair?: string };
  readonly pick?: string;
  readonly strip?: string;
  readonly encoding?: Encoding;
}

export type ContentDeclaration = string | readonly ContentPart[];
export type ContentPart = string | { readonly pairs: PairsDeclaration } | { readonly headers: HeadersDeclaration };

export interface PairsDeclaration {
  readonly of: 'form' | 'query' | 'json';
  readonly sort?: boolean;
  readonly omit?: readonly string[];
  readonly omitEmpty?: boolean;
  readonly prefix?: string;
  readonly until?: string;
  readonly unique?: boolean;
  readonly values?: boolean;
  readonly kv?: string;
  readonly join?: string;
  readonly before?: string;
  readonly encode?: boolean;
  readonly format?: 'php_serialize';
}

export interface HeadersDeclaration {
  readonly names: string;
  readonly split?: string;
  readonly kv?: string;
  readonly join?: string;
  readonly values?: boolean;
}

/** Template → what it must be: a text, one of several, or whether it is there. */
export type Conditions = { readonly [template: string]: string | readonly string[] | boolean };

export interface KeyDeclaration {
  readonly secret?: string;
  readonly public?: string;
  readonly strip?: readonly string[];
  readonly filters?: readonly ('lower' | 'upper' | 'trim' | 'reverse' | 'nfkd')[];
  readonly decode?: 'utf8' | 'hex' | 'base64' | 'base64url';
  readonly derive?: 'md5' | 'sha1' | 'sha256' | 'sha512';
  readonly format?: KeyFormat;
  readonly remote?: RemoteDeclaration;
  /** See `RemoteDeclaration.hosts`; a name stands for those below it, too. */
  readonly subject?: string | readonly string[];
  /** PEM: authorities that are trusted beside those that Node.js brings. */
  readonly ca?: string;
}

export type KeyFormat = 'pem' | 'cert' | 'jwk' | 'jwks' | 'spki-base64' | 'ed25519-hex' | 'ed25519-base64';

/** A key that is fetched before a delivery can be verified. */
export interface RemoteDeclaration {
  readonly url: string;
  /** Names, and patterns of names: `^…$`. */
  readonly hosts: readonly string[];
  readonly pathPrefix?: string;
  readonly pathSuffix?: string;
  /** Template → regular expression. */
  readonly forms?: { readonly [template: string]: string };
  readonly method?: 'GET' | 'POST';
  readonly json?: { readonly [name: string]: string };
  readonly authorization?: string;
  readonly pointer?: string;
  /** Names and patterns of hosts, as `hosts`. */
  readonly issuers?: readonly string[];
}

export interface TimestampDeclaration {
  readonly value: string;
  readonly unit: TimestampUnit;
  readonly tolerance: string;
  readonly future?: string;
}

export interface JwtDeclaration {
  readonly algorithms: readonly JwsAlgorithm[];
  readonly claims?: { readonly [name: string]: string | boolean };
  readonly required?: readonly string[];
  readonly maxAge?: string;
  readonly leeway?: string;
}

export type Hash = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';
export type JwsAlgorithm = `${'HS' | 'RS' | 'PS' | 'ES'}${'256' | '384' | '512'}` | 'EdDSA';
export type Algorithm =
  | `hmac-${'sha1' | 'sha256' | 'sha384' | 'sha512'}`
  | Hash
  | `${'rsa' | 'rsa-pss' | 'ecdsa' | 'ecdsa-p1363'}-${'sha1' | 'sha256' | 'sha384' | 'sha512'}`
  | 'ed25519'
  | 'jwt'
  | 'jws-detached'
  | 'equals'
  | 'basic';
export type Encoding = 'hex' | 'base64' | 'base64url' | 'base64-hex';
export type TimestampUnit = 's' | 'ms' | 's|ms' | 'iso8601' | 'iso8601-utc';

/** `payload` of a plugin.yaml. */
export interface PayloadDeclaration {
  readonly type?: string;
  readonly form: 'json' | 'form' | 'xml' | 'jwt';
  readonly from?: string;
  readonly decrypt?: DecryptDeclaration;
}

export interface DecryptDeclaration {
  readonly ciphertext: string;
  readonly nonce: string;
  readonly associatedData?: string;
  readonly secret: string;
  readonly into: string;
}

/** An element of `handshakes` of a plugin.yaml. */
export interface HandshakeDeclaration {
  readonly when: Conditions;
  readonly verified: 'before' | 'after';
  readonly respond: {
    readonly status?: number;
    readonly type?: string;
    readonly body?: string;
    readonly json?: unknown;
  };
}
