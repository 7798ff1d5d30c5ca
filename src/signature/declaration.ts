/** `signature` of a plugin.yaml, as `schemas/plugin.schema.json` lets it through. */
export interface SignatureDeclaration {
  readonly algorithm: Algorithm;
  readonly signature: {
    readonly from: string;
    readonly split?: { readonly items: string; readonly pair?: string };
    readonly pick?: string;
    readonly strip?: string;
    readonly encoding: Encoding;
  };
  readonly content: string;
  readonly key?: KeyDeclaration;
  readonly timestamp?: {
    readonly value: string;
    readonly unit: TimestampUnit;
    readonly tolerance: string;
    readonly future?: string;
  };
}

export interface KeyDeclaration {
  readonly strip?: readonly string[];
  readonly decode?: 'utf8' | 'hex' | 'base64';
}

export type Algorithm = 'hmac-sha1' | 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
export type Encoding = 'hex' | 'base64' | 'base64url';
export type TimestampUnit = 's' | 'ms' | 'iso8601';
