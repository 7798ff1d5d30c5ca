import type { Status } from '../../../server/telemetry/status.js';
import type {
  Activity,
  DeliveryDetail,
  DeliveryList,
  Dismissed,
  EvalResult,
  InspectorAbout,
  InspectorConfig,
  InspectorProviders,
  InspectorTopics,
  LetterGroups,
  LetterJob,
  LetterList,
  Revealed,
} from '../../contract.js';
import { having } from './client.js';

/** What each route of the server gives, by its outermost fields. */
export const isActivity = having<Activity>('startedAt', 'endpoints', 'unknownPaths');
export const isStatus = having<Status>('version', 'workers', 'config', 'lanes');
export const isDeliveryList = having<DeliveryList>('rows', 'histogram', 'total', 'kept', 'cursor');
export const isDeliveryDetail = having<DeliveryDetail>('row', 'stages', 'headers', 'notes');
export const isRevealed = having<Revealed>('body', 'encoding', 'masked');
export const isAbout = having<InspectorAbout>('version', 'writable', 'publisher');
export const isConfig = having<InspectorConfig>('file', 'text', 'routes', 'lint', 'unrouted');
export const isProviders = having<InspectorProviders>('providers');
export const isTopics = having<InspectorTopics>('topics', 'connected');
export const isLetterGroups = having<LetterGroups>('groups', 'topic');
export const isLetterList = having<LetterList>('letters', 'total');
export const isLetterJob = having<LetterJob>('job', 'state', 'selected', 'changes');
export const isDismissed = having<Dismissed>('dismissed');
export const isEvalResult = having<EvalResult>('results');

/** Addresses of the server's routes. */
export const routes = {
  activity: '/activity',
  status: '/status',
  deliveries: '/deliveries',
  stream: '/deliveries/stream',
  delivery: (id: string) => `/deliveries/${encodeURIComponent(id)}`,
  reveal: (id: string) => `/deliveries/${encodeURIComponent(id)}/reveal`,
  about: '/about',
  config: '/configuration',
  providers: '/providers',
  topics: '/topics',
  evaluate: '/eval',
  groups: '/dead-letters/groups',
  letters: '/dead-letters',
  dryRun: '/dead-letters/dry-run',
  replay: '/dead-letters/replay',
  job: (id: string) => `/dead-letters/jobs/${encodeURIComponent(id)}`,
  stop: (id: string) => `/dead-letters/jobs/${encodeURIComponent(id)}/stop`,
  dismiss: '/dead-letters/dismiss',
};
