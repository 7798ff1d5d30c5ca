import { type Finding, fail, ok, unknown, warning } from './finding.js';

/** Bits of what Kafka calls authorized operations, by the numbers of its AclOperation. */
const operations = { READ: 1 << 3, WRITE: 1 << 4, CREATE: 1 << 5 } as const;

/** What Kafka answers where it doesn't tell. */
const untold = -(2 ** 31);

/** Whether this user may do with topics what the gateway does. Topic → its authorized operations. */
export function examineTopicRights(rights: ReadonlyMap<string, number>): readonly Finding[] {
  const without = (operation: keyof typeof operations) =>
    [...rights].filter(([, bits]) => bits !== untold && (bits & operations[operation]) === 0).map(([name]) => name);
  if ([...rights.values()].includes(untold))
    return [unknown('kafka.rights', 'Kafka does not tell what this user may do')];
  const unwritable = without('WRITE');
  const unreadable = without('READ');
  const findings = unwritable.map((name) =>
    fail(
      `topic ${name}`,
      'this user may not write to it',
      'allow WRITE and DESCRIBE on it, or on topics of its prefix',
    ),
  );
  if (unreadable.length > 0) {
    const text = `this user may not read ${unreadable.join(', ')}: gateway tap and gateway dlq can't`;
    findings.push(warning('kafka.rights', text, 'allow READ on them where those commands are used'));
  }
  return findings.length > 0 || rights.size === 0
    ? findings
    : [ok('kafka.rights', 'this user may write to the topics that are there, and read them')];
}

/** Whether this user may create topics that are missing. `bits`: the cluster's authorized operations. */
export function examineCreation(missing: readonly string[], bits: number): Finding {
  const id = 'kafka.rights create';
  if (bits === untold) return unknown(id, 'Kafka does not tell whether this user may create topics');
  if ((bits & operations.CREATE) !== 0) return ok(id, 'this user may create the topics that are missing');
  return warning(
    id,
    `this user may not create topics in general, and some are missing: ${missing.join(', ')}`,
    'create them, or allow CREATE on the cluster or on topics of these names; if they are there, allow DESCRIBE on them',
  );
}
