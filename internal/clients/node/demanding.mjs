// What Azure's SDK makes of a vault that permits less, wants newer tokens, or takes its time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DefaultAzureCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { seed, steer } from './ready.mjs';

const vault = new SecretClient(seed.vault, new DefaultAzureCredential());
const name = `demanding-${crypto.randomUUID().slice(0, 8)}`;

test('a program that may only read is refused when it writes', async (t) => {
  const { permissions } = await steer('GET', '/vault/permissions');
  t.after(() => steer('PUT', '/vault/permissions', { permissions }));
  await steer('PUT', '/vault/permissions', { permissions: ['get', 'list'] });
  for await (const secret of vault.listPropertiesOfSecrets()) assert.ok(secret.name);
  await assert.rejects(vault.setSecret(name, 'v'), (error) => {
    assert.deepEqual([error.statusCode, error.code, error.details.error.innerError?.code], [403, 'Forbidden', 'ForbiddenByRbac']);
    return true;
  });
});

test('a claims challenge is met with a new token', async () => {
  await vault.setSecret(name, 'v');
  await steer('POST', '/vault/claims-challenge', { tokens: 1 });
  assert.equal((await vault.getSecret(name)).value, 'v');
});

test('pollers wait for a vault that takes its time', async (t) => {
  const settings = await steer('GET', '/vault/settings');
  t.after(() => steer('PUT', '/vault/settings', settings));
  await steer('PUT', '/vault/settings', { ...settings, deletionDelay: '300ms' });
  const deletion = await vault.beginDeleteSecret(name, { intervalInMs: 50 });
  assert.equal(deletion.isDone(), false);
  await assert.rejects(vault.getDeletedSecret(name), { statusCode: 404, code: 'SecretNotFound' });
  await assert.rejects(vault.setSecret(name, 'v'), { statusCode: 409, code: 'Conflict' });
  const resumed = await vault.beginDeleteSecret(name, { intervalInMs: 50, resumeFrom: deletion.toString() });
  assert.equal((await resumed.pollUntilDone()).name, name);
  const recovery = await vault.beginRecoverDeletedSecret(name, { intervalInMs: 50 });
  assert.equal(recovery.isDone(), false);
  await recovery.pollUntilDone();
  assert.equal((await vault.getSecret(name)).value, 'v');
});
