import { acmeEndpoint, gateway, type RuleDefinition } from './definition.js';

const good = gateway(acmeEndpoint);

function secrets(...lines: readonly string[]) {
  const list = lines.map((line) => `      - ${line}\n`).join('');
  return gateway(`endpoints:\n  - provider: acme\n    path: /webhooks/acme\n    secrets:\n${list}`);
}

function bazaar(...lines: readonly string[]) {
  const list = lines.map((line) => `      - ${line}\n`).join('');
  return gateway(
    `server: { publicUrl: "https://hooks.example.com" }\nendpoints:\n  - provider: bazaar\n    path: /webhooks/bazaar\n    params: { shop_id: "4711" }\n    secrets:\n${list}`,
  );
}

const both = ['{ name: hmac_key, env: BAZAAR_KEY }', '{ name: password, env: BAZAAR_PASSWORD }'] as const;

export const secretRules: readonly RuleDefinition[] = [
  {
    id: 'secret-inline',
    severity: 'error',
    what: 'A secret stands in the file itself.',
    why: 'The file is read by everybody who reviews it, and stays in the history of the repository forever. Name an environment variable (`env`) or a file (`file`) that has the secret. What stood here has leaked: have the provider make a new one.',
    bad: secrets('{ name: current, value: whsec_5f4dcc3b5aa765d61d83 }'),
    good,
  },
  {
    id: 'secret-env-unset',
    severity: 'error',
    what: 'The environment variable that should have a secret is not set, or empty.',
    why: 'Without it no delivery can be proven, and every one would be answered with 401. Where the linter runs without secrets, in CI say, give it any text.',
    bad: secrets('{ name: current, env: ACME_SECRET_EU }'),
    good,
  },
  {
    id: 'secret-file-missing',
    severity: 'error',
    what: 'The file that should have a secret is not there, cannot be read, or is empty.',
    why: 'Without it no delivery can be proven. Relative paths begin at the folder of gateway.yaml.',
    bad: secrets('{ name: current, file: secrets/acme }'),
    good,
  },
  {
    id: 'secret-expired',
    severity: 'warning',
    what: 'A secret is past its `expires`. It is an error where no other secret of the endpoint is left.',
    why: 'An expired secret proves nothing any more. After a rotation, take the old one out; without a living one every delivery is answered with 401.',
    bad: secrets(
      '{ name: current, env: ACME_SECRET }',
      '{ name: previous, env: ACME_SECRET, expires: 2026-01-31T00:00:00Z }',
    ),
    good: secrets(
      '{ name: current, env: ACME_SECRET }',
      '{ name: previous, env: ACME_SECRET, expires: 2036-01-31T00:00:00Z }',
    ),
  },
  {
    id: 'secret-invalid',
    severity: 'error',
    what: 'The text of a secret is no key of the kind that the provider uses.',
    why: 'It is perhaps the secret of another provider, an API key instead of a signing secret, or cut. The plugin says how its key is written: as it is, in hex, in base64, as PEM; and what is often given in its place. Quotes around it, and a line break in it, belong to the file that it was copied from.',
    bad: bazaar('{ name: hmac_key, env: BAZAAR_PASSWORD }', both[1]),
    good: bazaar(...both),
  },
  {
    id: 'secret-kind',
    severity: 'error',
    what: 'It is not clear what a secret is for, and the plugin needs secrets of several kinds.',
    why: 'A password and a signing key must not be mixed up. Name the secret as the plugin does, or say `for`; `gateway plugins show` lists the kinds.',
    bad: bazaar(...both, '{ name: old, for: hmac_kye, env: BAZAAR_KEY }'),
    good: bazaar(...both, '{ name: old, for: hmac_key, env: BAZAAR_KEY }'),
  },
  {
    id: 'secret-duplicate-name',
    severity: 'error',
    what: 'Two secrets of an endpoint have the same name.',
    why: 'The name of the secret that fitted stands in every record (`ce_secretname`) and shows when an old one is no longer in use. With one name for two it would not.',
    bad: secrets('{ name: current, env: ACME_SECRET }', '{ name: current, env: ACME_SECRET_NEXT }'),
    good: secrets('{ name: current, env: ACME_SECRET }', '{ name: next, env: ACME_SECRET_NEXT }'),
  },
  {
    id: 'endpoint-secret-missing',
    severity: 'error',
    what: 'The endpoint lacks a secret of a kind that the plugin needs.',
    why: 'A part of the signature could not be checked, so nothing would be taken.',
    bad: bazaar(both[0]),
    good: bazaar(...both),
  },
];
