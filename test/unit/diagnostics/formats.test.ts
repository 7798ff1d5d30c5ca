import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect } from 'chai';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Diagnostic } from '../../../src/diagnostics/diagnostic.js';
import { formatJunit } from '../../../src/diagnostics/junit.js';
import { ruleDefinitions } from '../../../src/diagnostics/rules.js';
import { formatSarif } from '../../../src/diagnostics/sarif.js';

const at = (line: number, column: number) => ({ line, column, offset: 0 });
const unknown: Diagnostic = {
  rule: 'config-unknown-key',
  severity: 'error',
  file: '/etc/gate way/gateway.yaml',
  range: { start: at(14, 15), end: at(14, 24) },
  message: 'Unknown key "toler<nce"',
  hint: 'did you mean "tolerance"?',
};
const unrouted: Diagnostic = {
  rule: 'event-unrouted',
  severity: 'warning',
  file: '/etc/plugins/a/plugin.yaml',
  message: '100 % & \u001b[2J',
};
const missing: Diagnostic = { rule: 'config-missing', severity: 'error', file: '/etc/b.yaml', message: 'None' };
const every = ruleDefinitions.map(({ id, severity }) => ({ ...unknown, rule: id, severity }));

/** What the schema of SARIF 2.1.0 (OASIS, sarif-schema-2.1.0) demands of the parts that are used here. */
const text = { type: 'object', required: ['text'], properties: { text: { type: 'string', minLength: 1 } } };
const level = { enum: ['none', 'note', 'warning', 'error'] };
const positive = { type: 'integer', minimum: 1 };
const sarif = {
  type: 'object',
  required: ['version', 'runs'],
  additionalProperties: false,
  properties: {
    $schema: { type: 'string', format: 'uri' },
    version: { const: '2.1.0' },
    runs: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['tool', 'results'],
        additionalProperties: false,
        properties: {
          columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
          originalUriBaseIds: {
            type: 'object',
            additionalProperties: {
              type: 'object',
              properties: { uri: { type: 'string', format: 'uri', pattern: '/$' } },
            },
          },
          tool: {
            type: 'object',
            required: ['driver'],
            additionalProperties: false,
            properties: {
              driver: {
                type: 'object',
                required: ['name', 'rules'],
                additionalProperties: false,
                properties: {
                  name: { type: 'string' },
                  version: { type: 'string' },
                  informationUri: { type: 'string', format: 'uri' },
                  rules: {
                    type: 'array',
                    uniqueItems: true,
                    items: {
                      type: 'object',
                      required: ['id', 'helpUri', 'help', 'shortDescription', 'fullDescription'],
                      additionalProperties: false,
                      properties: {
                        id: { type: 'string' },
                        shortDescription: text,
                        fullDescription: text,
                        help: text,
                        helpUri: { type: 'string', format: 'uri' },
                        defaultConfiguration: { type: 'object', properties: { level } },
                      },
                    },
                  },
                },
              },
            },
          },
          results: {
            type: 'array',
            items: {
              type: 'object',
              required: ['ruleId', 'ruleIndex', 'level', 'message', 'locations'],
              additionalProperties: false,
              properties: {
                ruleId: { type: 'string' },
                ruleIndex: { type: 'integer', minimum: 0 },
                level,
                message: text,
                locations: {
                  type: 'array',
                  items: {
                    type: 'object',
                    required: ['physicalLocation'],
                    additionalProperties: false,
                    properties: {
                      physicalLocation: {
                        type: 'object',
                        required: ['artifactLocation'],
                        additionalProperties: false,
                        properties: {
                          artifactLocation: {
                            type: 'object',
                            properties: {
                              uri: { type: 'string', format: 'uri-reference' },
                              uriBaseId: { type: 'string' },
                            },
                          },
                          region: {
                            type: 'object',
                            required: ['startLine', 'startColumn', 'endLine', 'endColumn'],
                            properties: {
                              startLine: positive,
                              startColumn: positive,
                              endLine: positive,
                              endColumn: positive,
                            },
                          },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
};

describe('formatSarif', () => {
  const log = JSON.parse(formatSarif([unknown, unrouted, missing], '/etc', '1.2.3'));
  const [{ tool, results }] = log.runs;

  it('is SARIF 2.1.0', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    formats.default(ajv);
    const validate = ajv.compile(sarif);
    for (const diagnostics of [[unknown, unrouted, missing], [], every]) {
      expect(validate(JSON.parse(formatSarif(diagnostics, '/etc', '1.2.3'))), JSON.stringify(validate.errors)).to.equal(
        true,
      );
    }
  });

  it('names each rule once, and results point at theirs', () => {
    expect(tool.driver.rules).to.have.length(3);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).to.equal(ruleId);
  });

  it('says where, in URIs relative to the base', () => {
    expect(results[0].locations[0].physicalLocation).to.deep.equal({
      artifactLocation: { uri: 'gate%20way/gateway.yaml', uriBaseId: 'ROOT' },
      region: { startLine: 14, startColumn: 15, endLine: 14, endColumn: 24 },
    });
    expect(results[2].locations[0].physicalLocation).not.to.have.property('region');
    expect(results.map((result: { level: string }) => result.level)).to.deep.equal(['error', 'warning', 'error']);
  });
});

describe('formatJunit', () => {
  const parse = (xml: string) => {
    expect(XMLValidator.validate(xml)).to.equal(true);
    return new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' }).parse(xml).testsuites;
  };

  it('has a suite for each file, failures for errors, and what passed', () => {
    const suites = parse(formatJunit([unknown, unrouted], ['/etc/gate way/gateway.yaml', '/etc/good.yaml'], '/etc'));
    expect(suites).to.include({ tests: '3', failures: '1' });
    const [faulty, good, plugin] = suites.testsuite;
    expect(faulty).to.include({ name: 'gate way/gateway.yaml', tests: '1', failures: '1' });
    expect(faulty.testcase).to.include({ name: 'config-unknown-key:14:15', classname: 'gate way/gateway.yaml' });
    expect(faulty.testcase.failure).to.include({ type: 'error', message: 'Unknown key "toler<nce"' });
    expect(good).to.include({ tests: '1', failures: '0' });
    expect(plugin.testcase['system-out']).to.contain('100 % & \ufffd[2J');
  });

  it('makes failures of warnings when strict', () => {
    expect(parse(formatJunit([unrouted], [], '/etc', { strict: true }))).to.include({ tests: '1', failures: '1' });
  });
});
