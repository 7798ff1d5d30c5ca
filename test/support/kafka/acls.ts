import kafkajs, { type AclEntry, type Admin } from 'kafkajs';
import { user } from './broker.js';

// Node finds no names of the CommonJS module behind its first computed export.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const common = {
  resourcePatternType: ResourcePatternTypes.LITERAL,
  principal: `User:${user.username}`,
  host: '*',
} as const;

/** `user` may do everything. */
export async function allowAll(admin: Admin): Promise<void> {
  const { ALL } = AclOperationTypes;
  const { ALLOW } = AclPermissionTypes;
  const topics = { ...common, resourceType: AclResourceTypes.TOPIC, resourceName: '*' };
  const cluster = { ...common, resourceType: AclResourceTypes.CLUSTER, resourceName: 'kafka-cluster' };
  await admin.createAcls({
    acl: [topics, cluster].map((resource) => ({ ...resource, operation: ALL, permissionType: ALLOW })),
  });
}

/** `user` may not write to the topic, whatever else allows it. */
export async function denyWriting(admin: Admin, topic: string): Promise<void> {
  await admin.createAcls({ acl: [denialOf(topic)] });
}

export async function allowWritingAgain(admin: Admin, topic: string): Promise<void> {
  await admin.deleteAcls({ filters: [denialOf(topic)] });
}

function denialOf(resourceName: string): AclEntry {
  const { WRITE } = AclOperationTypes;
  const { DENY } = AclPermissionTypes;
  return { ...common, resourceType: AclResourceTypes.TOPIC, resourceName, operation: WRITE, permissionType: DENY };
}
