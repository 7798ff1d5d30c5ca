/** Payloads with card numbers in odd places: test numbers of the networks, in every way in which a digit may be written. */
export interface CardCase {
  readonly name: string;
  readonly contentType: string;
  readonly body: string;
  /** The digits. */
  readonly number: string;
  /** As it stands in the body. */
  readonly written: string;
}

/** With the check digit that makes it pass (Luhn). */
export function withCheckDigit(digits: string): string {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

export const cardNumbers: readonly string[] = [
  ...['4242424242424242', '4012888888881881', '4222222222222', '5555555555554444', '2223003122003222', '378282246310005'],
  ...['6011111111111117', '30569309025904', '38520000023237', '3566002020360505', '6200000000000005', '6759649826438453'],
  ...['220000000000000', '506099000000000', '400000000000000000', '979200000000000', '817199900000000'].map(withCheckDigit),
];

type Write = (number: string) => string;

function groups(number: string): readonly string[] {
  return number.length === 15 ? [number.slice(0, 4), number.slice(4, 10), number.slice(10)] : (number.match(/.{1,4}/g) ?? []);
}

const spread = (map: (digit: string) => string): Write => (number) => [...number].map(map).join('');
const code = (digit: string) => digit.charCodeAt(0);
const hex = (value: number) => value.toString(16);

/** In a JSON string; what begins with a backslash is an escape of JSON. */
const inJson: readonly (readonly [string, Write])[] = [
  ['plain', (number) => number],
  ['in groups', (number) => groups(number).join(' ')],
  ['with dashes', (number) => groups(number).join('-')],
  ['with dots', (number) => groups(number).join('.')],
  ['with two spaces and a dash', (number) => groups(number).join(' - ')],
  ['with no-break spaces', (number) => groups(number).join('\u00a0')],
  ['with escaped spaces', (number) => groups(number).join('\\u0020')],
  ['with line breaks', (number) => groups(number).join('\\n')],
  ['with en dashes', (number) => groups(number).join('\u2013')],
  ['with zero-width spaces', (number) => groups(number).join('\u200b')],
  ['digit by digit', (number) => [...number].join(' ')],
  ['escaped', spread((digit) => `\\u00${hex(code(digit))}`)],
  ['escaped in part', (number) => `${number.slice(0, 5)}\\u003${number[5]}${number.slice(6)}`],
  ['full-width', spread((digit) => String.fromCharCode(0xff10 + Number(digit)))],
  ['Arabic', spread((digit) => String.fromCharCode(0x0660 + Number(digit)))],
  ['as references of HTML', spread((digit) => `&#${code(digit)};`)],
  ['percent-encoded', spread((digit) => `%${hex(code(digit))}`)],
  ['percent-encoded twice', spread((digit) => `%25${hex(code(digit))}`)],
  ['with words around', (number) => `card ${groups(number).join(' ')} exp 12/27, cvc 123`],
  ['in brackets', (number) => `(${number})`],
  ['as track 1', (number) => `%B${number}^DOE/JOHN^271210100000`],
  ['as track 2', (number) => `;${number}=271210100000?`],
  ['in a URL', (number) => `https://shop.example/pay?pan=${number}&ok=1`],
  ['in a JSON text', (number) => `{\\"card\\":{\\"number\\":\\"${number}\\"}}`],
  ['in a JSON text, as a number', (number) => `{\\"card\\":{\\"number\\":${number}}}`],
  ['in a JSON text, escaped', (number) => `{\\"a\\":\\"${[...number].map((digit) => `\\\\u00${hex(code(digit))}`).join('')}\\"}`],
  ['after a line break', (number) => `Note:\\n${number}\\nThanks`],
];

/** Where `@` stands for a JSON string's inside. */
const places: readonly string[] = [
  '{"id":"evt_#","type":"paid","note":"@"}',
  '{"id":"evt_#","type":"paid","note":"n","a":[{"b":[{"c":{"d":"@"}}]}]}',
  '{"id":"evt_#","type":"paid", "list":["x","@","y"]}',
  '{"id":"evt_#","type":"paid","note":"n","map":{"@":{"ok":true}}}',
  '{"id":"evt_#","type":"paid","card_number":"@"}',
  '{"id":"evt_#", "type":"paid","note":"n","payment":{"account":"@"},"end":0}',
];
/** Where it stands for a number. */
const numberPlaces: readonly string[] = [
  '{"id":"evt_#","type":"paid","pan":@}',
  '{"id":"evt_#","type":"paid","list":[1,@,2]}',
  '{"id":"evt_#","type":"paid","value": -@ }',
  '{"id":"evt_#","type":"paid","value":@.0}',
];

export const cardCases: readonly CardCase[] = makeCases();

function makeCases(): readonly CardCase[] {
  const made: CardCase[] = [];
  const add = (name: string, contentType: string, place: string, number: string, written: string) => {
    const body = place.replace('#', String(made.length)).replace('@', () => written);
    made.push({ name: `${made.length}: ${number} ${name}`, contentType, body, number, written });
  };
  const each = (index: number) => cardNumbers[index % cardNumbers.length] ?? '';
  for (const [index, [name, write]] of inJson.entries()) {
    for (const [at, place] of places.entries()) {
      const number = each(index * places.length + at);
      add(`${name} in ${place}`, 'application/json', place, number, write(number));
    }
  }
  for (const [index, place] of numberPlaces.entries()) {
    for (let at = 0; at < 4; at++) {
      const number = each(index * 4 + at);
      add(`as a number in ${place}`, 'application/json', place, number, number);
    }
  }
  add('as a number with a power', 'application/json', '{"id":"evt_#","type":"paid","v":@}', '4242424242424242', '4.242424242424242e15');
  const form = 'application/x-www-form-urlencoded';
  const xml = 'application/xml';
  for (const number of cardNumbers) {
    add('in a form', form, 'id=evt_#&type=paid&note=@', number, groups(number).join('+'));
    add('in XML', xml, '<e><id>evt_#</id><type>paid</type><pan kind="a">@</pan></e>', number, number);
  }
  add('in a form, encoded', form, 'id=evt_#&type=paid&a%5Bpan%5D=@', '4242424242424242', '%34242%2D4242%204242-4242');
  add('in an attribute', xml, '<e pan="@"><id>evt_#</id><type>paid</type></e>', '4242424242424242', '4242424242424242');
  return made;
}
