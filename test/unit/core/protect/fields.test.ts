import { createDecipheriv, createSecretKey } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import type { ProtectedField } from '../../../../src/core/protect/fields.js';
import { createProtection } from '../../../../src/core/protect/protection.js';
import { createSealer, readProtectKey } from '../../../../src/core/protect/sealer.js';
import { fromPointer, toPointer } from '../../../../src/diagnostics/pointer.js';

const key = Buffer.alloc(32, 7);
const sealer = createSealer('k1', createSecretKey(key));

function protect(body: string, fields: readonly ProtectedField[], items?: string): string {
  const protection = createProtection({ fields, panGuard: 'off', sealer, items });
  return protection
    .protect(Buffer.from(body), items === undefined ? 'event' : 'delivery', 'application/json')
    .bytes.toString();
}

const drop = (...paths: string[]) => paths.map((path) => ({ path, do: 'drop' as const }));
const mask = (...paths: string[]) => paths.map((path) => ({ path, do: 'mask' as const }));

describe('protected fields of JSON', () => {
  const cases: readonly (readonly [string, readonly ProtectedField[], string])[] = [
    ['{ "a" : 1 , "b": [ 2 ] }', drop('/a'), '{  "b": [ 2 ] }'],
    ['{"a":1,"b":2,"c":3}', drop('/b'), '{"a":1,"c":3}'],
    ['{"a":1,"b":2,"c":3}', drop('/c'), '{"a":1,"b":2}'],
    ['{"a":1,"b":2,"c":3}', drop('/b', '/c'), '{"a":1}'],
    ['{"a":1,"b":2,"c":3}', drop('/a', '/b', '/c'), '{}'],
    ['{"a":1,"b":2,"c":3}', drop('/a', '/c'), '{"b":2}'],
    ['{"a":{"x":1,"a":2},"x":3}', drop('/a/x', '/x'), '{"a":{"a":2}}'],
    ['{"a":[1,2,3]}', drop('/a/1'), '{"a":[1,null,3]}'],
    ['{"a":"x","a":"y"}', mask('/a'), '{"a":"****","a":"****"}'],
    ['{"\\u0061":"x"}', mask('/a'), '{"\\u0061":"****"}'],
    ['{"a":[{"n":"x","m":1},{"n":{"deep":[1]}},3]}', mask('/a/*/n'), '{"a":[{"n":"****","m":1},{"n":"****"},3]}'],
    ['{"a":{"p":{"n":1},"q":{"n":true,"o":1}}}', mask('/a/*/n'), '{"a":{"p":{"n":"****"},"q":{"n":"****","o":1}}}'],
    ['{"a":null,"b":1.50}', mask('/a', '/b'), '{"a":null,"b":"****"}'],
    ['{"a/b":"x","c~d":"y","é":"z"}', mask('/a~1b', '/c~0d', '/é'), '{"a/b":"****","c~d":"****","é":"****"}'],
    ['{"a":{"b":1}}', [...mask('/a'), ...drop('/a/b')], '{"a":"****"}'],
    ['{"a":{"b":1,"c":2}}', [...drop('/a/b'), ...mask('/a/*')], '{"a":{"c":"****"}}'],
    ['[]', mask('/a', '/*/b'), '[]'],
    ['"text"', mask('/a'), '"text"'],
  ];
  for (const [body, fields, expected] of cases) {
    it(`${body} ${fields.map(({ path, do: action }) => `${action} ${path}`).join(', ')}`, () => {
      expect(protect(body, fields)).to.equal(expected);
    });
  }

  it('of a batch are those of each event', () => {
    const body = '{"events":[{"n":"x"},{"n":"y","o":1}],"n":"stays"}';
    expect(protect(body, mask('/n'), '/events/*')).to.equal('{"events":[{"n":"****"},{"n":"****","o":1}],"n":"stays"}');
  });

  it('are tokens, the same for the same value, be it a text or a number', () => {
    const fields: ProtectedField[] = ['/a', '/b', '/c'].map((path) => ({ path, do: 'tokenise' }));
    const { a, b, c } = JSON.parse(protect('{"a":"42","b":42,"c":"43"}', fields));
    expect(a).to.match(/^tok:k1:[\w-]{43}$/);
    expect([b, c !== a]).to.deep.equal([a, true]);
  });

  it('can be decrypted by whoever has the key, as docs/security.md says', () => {
    const { a } = JSON.parse(protect('{"a": {"b":"\\u00e9", "c": 1.50}}', [{ path: '/a', do: 'encrypt' }]));
    const [, , id, text = ''] = a.split(':');
    const bytes = Buffer.from(text, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(Buffer.from(`enc:v1:${id}`));
    decipher.setAuthTag(bytes.subarray(-16));
    expect(decipher.update(bytes.subarray(12, -16)) + decipher.final('utf8')).to.equal('{"b":"\\u00e9", "c": 1.50}');
    expect(sealer.open(a)?.toString()).to.equal('{"b":"\\u00e9", "c": 1.50}');
    const [first, last] = [a.slice(0, -1), a.at(-1)];
    expect(sealer.open(`${first}${last === 'A' ? 'Q' : 'A'}`)).to.equal(undefined);
  });

  it('change no other byte, and the value is what it would be without them', () => {
    const paths = fc.array(fc.array(fc.constantFrom('a', 'b', '*', '0', '1'), { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 3,
    });
    const names = fc.constantFrom('a', 'b', 'c', '0', 'é"\\', '');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.dictionary(names, tie('tree'), { maxKeys: 4 }),
        fc.array(tie('tree'), { maxLength: 3 }),
      ),
    }));
    fc.assert(
      fc.property(
        tree,
        paths,
        fc.constantFrom('drop', 'mask'),
        fc.constantFrom(0, 1, 3),
        (value, list, action, indent) => {
          const body = JSON.stringify(value, null, indent);
          const fields = list.map((segments) => ({ path: toPointer(...segments), do: action as 'drop' | 'mask' }));
          const shown = protect(body, fields);
          const expected = list
            .map((path) => path)
            .reduce((left, path) => change(left, path, action), JSON.parse(body));
          expect(JSON.parse(shown)).to.deep.equal(expected);
          // What is left of the bytes stands in the same order.
          let at = 0;
          for (const byte of action === 'mask' ? shown.replaceAll('"****"', '') : shown.replaceAll('null', '')) {
            at = body.indexOf(byte, at) + 1;
            expect(at).to.be.above(0);
          }
          if (JSON.stringify(expected) === JSON.stringify(value)) expect(shown).to.equal(body);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('leave alone what was protected before', () => {
    const fields: ProtectedField[] = [
      { path: '/a', do: 'encrypt' },
      { path: '/b', do: 'tokenise' },
      { path: '/c', do: 'mask' },
      { path: '/d', do: 'drop' },
    ];
    const protection = createProtection({ fields, panGuard: 'mask', sealer });
    const { bytes } = protection.protect(Buffer.from('{"a":"1","b":2,"c":3,"d":4}'), 'event', '');
    const again = protection.again.protect(bytes, 'event', '');
    expect(again.bytes).to.equal(bytes);
    expect(protection.again.again).to.equal(protection.again);
    // But what only says so is not believed the first time.
    expect(protection.protect(bytes, 'event', '').bytes.equals(bytes)).to.equal(false);
  });

  it('are not looked for in what is not JSON: the body is withheld', () => {
    const protection = createProtection({ fields: mask('/a'), panGuard: 'off' });
    for (const body of ['{"a":', '{"a":1}{"a":2}', '\ufeff{"a":1}', '']) {
      expect(protection.protect(Buffer.from(body), 'delivery', ''))
        .to.include({ withheld: true })
        .with.property('bytes')
        .with.length(0);
    }
  });
});

/** What a parser sees of it. */
function change(value: unknown, [first, ...rest]: readonly string[], action: string): unknown {
  if (typeof value !== 'object' || value === null || first === undefined) return value;
  const isHit = (name: string) => first === '*' || first === name;
  const made = Object.entries(value).flatMap(([name, each]) => {
    if (!isHit(name)) return [[name, each] as const];
    if (rest.length > 0) return [[name, change(each, rest, action)] as const];
    if (action === 'mask') return [[name, each === null ? null : '****'] as const];
    return Array.isArray(value) ? [[name, null] as const] : [];
  });
  return Array.isArray(value) ? made.map(([, each]) => each) : Object.fromEntries(made);
}

describe('protected fields of forms', () => {
  const forms = [{ type: /^application\/x-www-form-urlencoded$/, form: 'form' as const, encoded: false }];
  const type = 'application/x-www-form-urlencoded; charset=utf-8';
  const show = (body: string, fields: readonly ProtectedField[], contentType = type) =>
    createProtection({ fields, panGuard: 'off', sealer, forms }).protect(Buffer.from(body), 'event', contentType);

  it('leave the others byte for byte', () => {
    expect(show('a=1&b=%32+x&c=3', mask('/b')).bytes.toString()).to.equal('a=1&b=****&c=3');
    expect(show('a=1&%62=2&b=3&bb=4', mask('/b')).bytes.toString()).to.equal('a=1&%62=****&b=****&bb=4');
    expect(show('a=1&b=2&c=3', drop('/a', '/c')).bytes.toString()).to.equal('b=2&');
    expect(show('b&a=1', mask('/b')).bytes.toString()).to.equal('b&a=1');
    const { bytes } = show('b=x%20y', [{ path: '/b', do: 'encrypt' }]);
    expect(sealer.open(new URLSearchParams(bytes.toString()).get('b') ?? '')?.toString()).to.equal('x y');
  });

  it('are not looked for in another body', () => {
    expect(show('a=1', mask('/a'), 'multipart/form-data')).to.include({ withheld: true });
  });
});

describe('the key', () => {
  it('is 32 bytes in hex or base64', () => {
    const bytes = Buffer.alloc(32, 255);
    for (const text of [
      bytes.toString('hex'),
      bytes.toString('base64'),
      bytes.toString('base64url'),
      `${bytes.toString('hex')}\n`,
    ]) {
      expect(readProtectKey(text).export()).to.deep.equal(bytes);
    }
    for (const text of [
      bytes.toString('hex').slice(2),
      'secret',
      bytes.toString('base64').slice(4),
      '',
      '!'.repeat(44),
    ]) {
      expect(() => readProtectKey(text)).to.throw(/bytes|hex/);
    }
  });
});

describe('paths', () => {
  it('are JSON pointers', () => expect(fromPointer('/a~1b/*')).to.deep.equal(['a/b', '*']));
});
