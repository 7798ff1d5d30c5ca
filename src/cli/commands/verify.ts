import { Failure } from '../../exit.js';
import { BaseCommand } from '../base-command.js';
import { Flags } from '../oclif.js';
import { pluginFlags } from '../plugins.js';
import { timeOf } from '../time.js';
import { describeRequest, type RequestReport, verifyRequest } from '../verify-request.js';
import { describeVectors, type VectorReport, verifyVectors } from '../verify-vectors.js';

export default class Verify extends BaseCommand {
  static override summary =
    'Verify a captured request and say why it is refused, or hold plugins against test vectors.';
  static override description =
    'A request (--request) is verified with the secrets of an endpoint. If it is refused, what would make its signature ' +
    'fit is tried: other endpoints, other readings of the secret, the body as it was before something re-serialized ' +
    'it, other URLs. The exit code is 0 if it is proven, else 1. No secret is printed. Vectors (--vectors) are lines ' +
    'of JSON: provider, case, key (by the names that the plugin gives its secrets), params, method, url, headers, ' +
    'body_base64, now (seconds), valid, remote_keys; the exit code is 1 if one disagrees or cannot be decided.';
  static override examples = [
    '<%= config.bin %> verify --endpoint stripe --request captured.http',
    '<%= config.bin %> verify --endpoint stripe --request - --at 2026-01-01T12:00:00Z < captured.json',
    '<%= config.bin %> verify --plugin acme --vectors vectors.jsonl',
  ];
  static override flags = {
    ...pluginFlags,
    endpoint: Flags.string({ helpValue: 'NAME', description: 'Endpoint that the request was sent to.' }),
    request: Flags.string({
      helpValue: 'FILE',
      exclusive: ['vectors'],
      description:
        'Request as captured: request line, headers, a blank line, body; or JSON with method, url, headers, and body or ' +
        'body_base64. - is stdin.',
    }),
    at: Flags.string({
      helpValue: 'TIME',
      dependsOn: ['request'],
      description: 'When the request arrived, as 2026-01-01T12:00:00Z. Without it: now.',
    }),
    plugin: Flags.string({
      helpValue: 'PLUGIN',
      dependsOn: ['vectors'],
      description: 'Only the vectors of this one. Without it: each vector with the plugin of its provider.',
    }),
    vectors: Flags.string({ helpValue: 'FILE', description: 'File of vectors, one a line. - is stdin.' }),
  };

  override async run(): Promise<VectorReport | RequestReport> {
    const { flags } = await this.parse(Verify);
    if (flags.vectors !== undefined) {
      const report = await verifyVectors(flags.vectors, flags);
      this.log(describeVectors(report));
      if (report.disagree + report.undecided > 0) this.endWith('negative');
      return report;
    }
    const { request, endpoint, config } = flags;
    if (request === undefined || endpoint === undefined) {
      throw new Failure('usage', 'Give --endpoint and --request, or --vectors');
    }
    const report = await verifyRequest(request, { endpoint, config, now: timeOf('--at', flags.at) });
    this.log(describeRequest(report));
    if (!report.verified) this.endWith('negative');
    return report;
  }
}
