import type { ConfigSource } from '../../server/workers/messages.js';
import type {
  DeliveryDetail,
  DeliveryRow,
  Dismissed,
  DismissRequest,
  EvalRequest,
  EvalResult,
  InspectorConfig,
  InspectorProviders,
  LetterChoice,
  LetterGroups,
  LetterJob,
  LetterList,
  LetterState,
  LintFinding,
  Revealed,
  RouteHits,
} from '../contract.js';

/** What a page asks for that takes long, or much memory: each with what it gives. */
export interface Tasks {
  readonly detail: {
    readonly give: { readonly id: string; readonly row?: DeliveryRow | undefined };
    readonly get: DeliveryDetail;
  };
  readonly reveal: {
    readonly give: { readonly id: string; readonly row?: DeliveryRow | undefined };
    readonly get: Revealed;
  };
  readonly groups: { readonly give: object; readonly get: LetterGroups };
  readonly letters: {
    readonly give: {
      readonly group?: string | undefined;
      readonly state?: LetterState | undefined;
      readonly limit: number;
      readonly offset: number;
    };
    readonly get: LetterList;
  };
  readonly replay: { readonly give: { readonly choice: LetterChoice; readonly dry: boolean }; readonly get: JobState };
  /** Something was written to the dead letter topic: what was read of it is old. */
  readonly forget: { readonly give: object; readonly get: object };
  readonly dismiss: { readonly give: DismissRequest; readonly get: Dismissed };
  readonly describe: { readonly give: object; readonly get: Description };
  readonly providers: { readonly give: object; readonly get: InspectorProviders };
  readonly lint: { readonly give: object; readonly get: { readonly findings: readonly LintFinding[] } };
  readonly eval: { readonly give: EvalRequest; readonly get: EvalResult };
}

export type TaskName = keyof Tasks;

/** How far a replay is: what a `LetterJob` says beside its name. */
export type JobState = Omit<LetterJob, 'job' | 'kind' | 'state' | 'startedAt' | 'error'>;

/** What can be said of a configuration by itself. */
export type Description = Pick<InspectorConfig, 'resolved' | 'text' | 'unrouted'> & {
  /** With the name that `nameRoute` gives. */
  readonly routes: readonly (Omit<RouteHits, 'hits' | 'lastHit'> & { readonly route: string })[];
};

export type ToHelper =
  /** The configuration that counts for the tasks that follow. Secrets are in it. */
  | { readonly kind: 'config'; readonly source: ConfigSource }
  | { readonly kind: 'task'; readonly id: number; readonly name: TaskName; readonly give: unknown }
  /** Ends a replay after the batch under way. */
  | { readonly kind: 'stop'; readonly id: number };

export type FromHelper =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'failed';
      readonly id: number;
      /** For people. */
      readonly message: string;
      /** Absent: a bug, of which `message` is the stack. */
      readonly status?: number;
      readonly reason?: 'not_found' | 'invalid' | 'busy' | 'unavailable';
    };
