import type { CustomAnswer, Identity, Protection, SecretForm, Subscriptions } from '../../core/model.js';
import type { HandshakeDeclaration, PayloadDeclaration, SignatureDeclaration } from '../../signature/declaration.js';

/** plugin.yaml, as `schemas/plugin.schema.json` lets it through. Texts of rules are JSONata. */
export interface PluginDeclaration {
  readonly version: 1;
  readonly name: string;
  readonly title: string;
  readonly documentation?: string;
  readonly mediaTypes?: readonly string[];
  readonly signature: SignatureDeclaration;
  readonly secrets?: { readonly [name: string]: NeedDeclaration };
  readonly secretForms?: readonly SecretForm[];
  readonly params?: { readonly [name: string]: NeedDeclaration };
  readonly addresses?: AddressesDeclaration;
  readonly subscriptions?: Subscriptions & { readonly where: string; readonly read: string };
  readonly payload?: PayloadDeclaration | readonly PayloadDeclaration[];
  readonly handshakes?: readonly HandshakeDeclaration[];
  readonly items?: string;
  readonly schemas: readonly { readonly schema: string; readonly when?: string }[];
  readonly event: { readonly id: string | readonly string[]; readonly type: string } & {
    readonly [name in OptionalFact]?: string;
  };
  readonly dedupe?: { readonly by: Identity['by']; readonly placeholders?: readonly string[] };
  readonly retries?: {
    readonly change?: { readonly [path: string]: Freshness };
    /** Durations: each from the attempt before. */
    readonly schedule?: readonly string[];
  };
  readonly sources?: readonly SourceDeclaration[];
  readonly unconfirmed?: readonly UnconfirmedDeclaration[];
  readonly routes: readonly RouteDeclaration[];
  readonly eventTypes?: string;
  readonly protect?: Protection['fields'];
  readonly answer?: CustomAnswer;
  readonly examples?: {
    readonly dir: string;
    /** File of objects of which examples are made. */
    readonly objects?: string;
    /** Folder of scenarios. */
    readonly scenarios?: string;
    /** What an event of an older API version has, by dotted path. */
    readonly older?: { readonly [path: string]: unknown };
    /** Event type that is sent beside: `{type}` stands for the other one's. */
    readonly twin?: string;
    readonly fresh?: { readonly [path: string]: Freshness };
    /** Event types whose examples concern one payment, a list for each. */
    readonly payments?: readonly (readonly string[])[];
  };
}

/** Where it is written that the provider does as the plugin says. */
export interface SourceDeclaration {
  /** What of the declaration it confirms: `id`, `retries`, `key`, … */
  readonly about: readonly string[];
  readonly what: string;
  readonly where: string;
  /** The day on which somebody read it: YYYY-MM-DD. */
  readonly read: string;
}

/** What the plugin says, and nobody has confirmed. */
export interface UnconfirmedDeclaration {
  /** What of the declaration it is, as in a source. */
  readonly about: readonly string[];
  readonly why: string;
}

/** Where deliveries come from, as the provider publishes it. */
export interface AddressesDeclaration {
  readonly networks: readonly string[];
  readonly where: string;
  /** YYYY-MM-DD. */
  readonly read: string;
}

/** What an endpoint has to give. */
export interface NeedDeclaration {
  readonly description: string;
  readonly optional?: boolean;
  /** Of a secret: one that does not say what it is for is tried as this kind. */
  readonly unnamed?: boolean;
}

export type OptionalFact = 'time' | 'subject' | 'livemode' | 'account';

/** What a send makes again of an example, and how. */
export type Freshness = 'id' | 'uuid' | 'seconds' | 'milliseconds' | 'iso8601' | 'increment' | 'toggle';

/** A route in plugin.yaml or in gateway.yaml. */
export interface RouteDeclaration {
  readonly events?: readonly string[];
  readonly when?: string;
  readonly topic: string;
  readonly key?: string;
}
