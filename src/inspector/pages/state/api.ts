import type { Counts } from './outcomes.js';

export interface EventOfRow {
  readonly id?: string;
  readonly type?: string;
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: string;
  readonly key?: string;
  readonly outcome: string;
}

export interface DeliveryRow {
  readonly id: string;
  readonly at: string;
  readonly endpoint: string;
  readonly provider: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly status: number;
  readonly ms: number;
  readonly bytes: number;
  readonly secret?: string;
  readonly address?: string;
  readonly events: readonly EventOfRow[];
  readonly more?: number;
}

export type ListedDelivery = DeliveryRow & { readonly seq: string };

export interface DeliveryPage {
  readonly rows: readonly ListedDelivery[];
  readonly histogram: readonly { readonly at: string; readonly counts: Counts }[];
  readonly total: number;
  readonly kept: number;
  readonly since?: string;
}

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface DeliveryDetail {
  readonly row: DeliveryRow;
  readonly stages: readonly {
    readonly name: string;
    readonly ms?: number;
    readonly decision: string;
    readonly place?: Place;
  }[];
  readonly headers: { readonly [name: string]: string };
  readonly shape?: unknown;
}

export interface EndpointActivity {
  readonly endpoint: string;
  readonly provider: string;
  readonly minutes: readonly Counts[];
  readonly rate1m: number;
  readonly p50?: number;
  readonly p99?: number;
  readonly lastEvent?: string;
  readonly secretLastUsed: { readonly [name: string]: string | null };
  readonly silence?: string;
}

export interface Activity {
  readonly endpoints: readonly EndpointActivity[];
  readonly unknownPaths: readonly {
    readonly path: string;
    readonly count: number;
    readonly last: string;
    readonly didYouMean?: string;
  }[];
  readonly startedAt: string;
}

export interface About {
  readonly version: string;
  readonly readOnly: boolean;
  readonly file: string;
  readonly embedded: boolean;
}

export interface LetterGroup {
  readonly key: string;
  readonly endpoint: string;
  readonly reason: string;
  readonly pointer?: string;
  readonly message?: string;
  readonly count: number;
  readonly replayed: number;
  readonly first: string;
  readonly last: string;
}

export interface LetterGroups {
  readonly groups: readonly LetterGroup[];
  readonly total: number;
}

export interface LetterRow {
  readonly id: string;
  readonly receivedAt: string;
  readonly endpoint: string;
  readonly reason: string;
  readonly detail?: string;
  readonly type?: string;
  readonly eventId?: string;
  readonly verified: boolean;
  readonly bytes: number;
  readonly state: 'open' | 'replayed' | 'dismissed';
}

export interface LetterList {
  readonly letters: readonly LetterRow[];
  readonly total: number;
}

/** Which letters are meant. */
export interface Chosen {
  readonly ids?: readonly string[];
  readonly group?: string;
}

export interface DryRun {
  readonly selected: number;
  readonly replayed: number;
  readonly published: number;
  readonly duplicates: number;
  readonly topics: Counts;
  readonly failing: readonly { readonly id: string; readonly reason: string; readonly detail?: string }[];
  readonly changes: readonly { readonly id: string; readonly before: string; readonly after: string }[];
}

export interface Job {
  readonly job: string;
  readonly selected: number;
  readonly replayed: number;
  readonly failing: number;
  readonly published: number;
  readonly duplicates: number;
  readonly done: boolean;
  readonly error?: string;
}

export interface Topics {
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions?: number;
    readonly records?: number;
    readonly lane?: {
      readonly open: boolean;
      readonly records: number;
      readonly bytes: number;
      readonly oldestSeconds: number;
      readonly parked: number;
    };
  }[];
  readonly spoolFull: boolean;
  readonly spoolUnusable: boolean;
  readonly spoolDamagedFiles: number;
  readonly queue?: { readonly records: number; readonly bytes: number };
}

export interface RouteRow {
  readonly endpoint: string;
  readonly provider: string;
  readonly events: readonly string[];
  readonly types: readonly string[];
  readonly when?: string;
  readonly topic: string;
  readonly key?: string;
  readonly declaredAt: string;
  readonly hits: number;
  readonly reachable: boolean;
}

export interface Finding {
  readonly rule: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint?: string;
  readonly place?: Place;
}

export interface Configuration {
  readonly file: string;
  readonly digest: string;
  readonly loadedAt: string;
  readonly lastError?: string;
  readonly text: string;
  readonly routes: readonly RouteRow[];
  readonly unrouted: readonly { readonly endpoint: string; readonly types: readonly string[] }[];
  readonly findings: readonly Finding[];
}

export interface Tried {
  readonly results: readonly {
    readonly example: string;
    readonly type: string;
    readonly value?: string;
    readonly kind: string;
    readonly error?: string;
    readonly ms: number;
  }[];
  readonly error?: { readonly message: string; readonly position?: number };
}

export interface ProviderRow {
  readonly name: string;
  readonly title?: string;
  readonly from: string;
  readonly used: boolean;
  readonly endpoints: readonly string[];
  readonly binds: readonly string[];
  readonly unbound: readonly string[];
  readonly dedupe: string;
  readonly tolerance?: string;
  readonly sources: readonly string[];
  readonly examples: readonly { readonly name: string; readonly type: string }[];
}
