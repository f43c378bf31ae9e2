// The secrets of Key Vault with Azure's own SDK, and nothing turned off in it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientSecretCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { seed, steer } from './ready.mjs';

const credential = new ClientSecretCredential(seed.tenantId, seed.azureClientId, seed.azureClientSecret);
const vault = new SecretClient(seed.vault, credential);
const run = crypto.randomUUID().slice(0, 8); // so that this can run again in the same vault
const once = { intervalInMs: 20 }; // how often a poller looks; two seconds is its own choice

async function all(pages) {
  const items = [];
  for await (const item of pages) items.push(item);
  return items;
}

// refused tells what a RestError must be like.
const refused = (statusCode, code, inner) => (error) => {
  assert.equal(error.name, 'RestError');
  assert.equal(error.statusCode, statusCode);
  assert.equal(error.code, code);
  assert.equal(error.details.error.innerError?.code, inner);
  return true;
};

test('a secret is set with all that it can have, and read back', async () => {
  const notBefore = new Date('2026-01-02T03:04:05Z');
  const expiresOn = new Date('2037-01-02T03:04:05Z');
  const set = await vault.setSecret(`all-${run}`, 'blåbær ☃', { contentType: 'text/plain', tags: { owner: 'ørn' }, enabled: true, notBefore, expiresOn });
  const got = await vault.getSecret(`all-${run}`);
  assert.deepEqual(got.properties, set.properties);
  assert.equal(got.value, 'blåbær ☃');
  const { properties } = got;
  assert.match(properties.version, /^[0-9a-f]{32}$/);
  assert.equal(properties.id, `${seed.vault}/secrets/all-${run}/${properties.version}`);
  assert.equal(properties.vaultUrl, seed.vault);
  assert.deepEqual([properties.contentType, properties.tags, properties.enabled], ['text/plain', { owner: 'ørn' }, true]);
  assert.deepEqual([properties.notBefore, properties.expiresOn], [notBefore, expiresOn]);
  assert.deepEqual(properties.createdOn, properties.updatedOn);
  assert.deepEqual([properties.recoveryLevel, properties.recoverableDays], ['Recoverable+Purgeable', 90]);
});

test('each version stays readable, and its properties change alone', async () => {
  const first = await vault.setSecret(`versions-${run}`, 'first');
  const second = await vault.setSecret(`versions-${run}`, 'second');
  assert.equal((await vault.getSecret(`versions-${run}`)).value, 'second');
  assert.equal((await vault.getSecret(`versions-${run}`, { version: first.properties.version })).value, 'first');
  const updated = await vault.updateSecretProperties(`versions-${run}`, first.properties.version, { tags: { old: 'yes' }, contentType: 'x' });
  assert.deepEqual([updated.tags, updated.contentType, updated.version], [{ old: 'yes' }, 'x', first.properties.version]);
  assert.equal((await vault.getSecret(`versions-${run}`)).properties.tags, undefined);
  const versions = await all(vault.listPropertiesOfSecretVersions(`versions-${run}`));
  assert.deepEqual(versions.map((v) => v.version).sort(), [first, second].map((s) => s.properties.version).sort());
});

test('more than one page is listed, one by one and by page', async () => {
  const names = Array.from({ length: 27 }, (_, n) => `page-${run}-${String(n).padStart(2, '0')}`);
  await Promise.all(names.map((name) => vault.setSecret(name, 'v')));
  const listed = await all(vault.listPropertiesOfSecrets());
  assert.deepEqual(listed.filter((s) => s.name.startsWith(`page-${run}-`)).map((s) => s.name), names);
  assert.ok(listed.every((s) => s.version === undefined));
  const pages = await all(vault.listPropertiesOfSecrets().byPage({ maxPageSize: 10 }));
  assert.ok(pages.length >= 3 && pages.every((page) => page.length <= 10));
});

test('a deleted secret is recovered by pollers with all its versions', async () => {
  const { properties: first } = await vault.setSecret(`recover-${run}`, 'first');
  const { properties: second } = await vault.setSecret(`recover-${run}`, 'second');
  const deleted = await (await vault.beginDeleteSecret(`recover-${run}`, once)).pollUntilDone();
  assert.equal(deleted.recoveryId, `${seed.vault}/deletedsecrets/recover-${run}`);
  assert.equal(deleted.value, undefined);
  assert.equal(deleted.properties.scheduledPurgeDate - deleted.properties.deletedOn, 90 * 24 * 3600 * 1000);
  assert.equal((await vault.getDeletedSecret(`recover-${run}`)).name, `recover-${run}`);
  assert.ok((await all(vault.listDeletedSecrets())).some((s) => s.name === `recover-${run}`));
  await assert.rejects(vault.getSecret(`recover-${run}`), refused(404, 'SecretNotFound'));
  await assert.rejects(vault.setSecret(`recover-${run}`, 'v'), refused(409, 'Conflict', 'ObjectIsDeletedButRecoverable'));
  const recovered = await (await vault.beginRecoverDeletedSecret(`recover-${run}`, once)).pollUntilDone();
  assert.deepEqual([recovered.version, recovered.updatedOn], [second.version, second.updatedOn]);
  assert.equal((await vault.getSecret(`recover-${run}`, { version: first.version })).value, 'first');
});

test('a secret is purged, and restored from its backup', async () => {
  const { properties } = await vault.setSecret(`backup-${run}`, 'kept', { tags: { a: 'b' } });
  const backup = await vault.backupSecret(`backup-${run}`);
  await assert.rejects(vault.restoreSecretBackup(backup), refused(409, 'Conflict'));
  await (await vault.beginDeleteSecret(`backup-${run}`, once)).pollUntilDone();
  await vault.purgeDeletedSecret(`backup-${run}`);
  await assert.rejects(vault.getDeletedSecret(`backup-${run}`), refused(404, 'SecretNotFound'));
  const restored = await vault.restoreSecretBackup(backup);
  assert.deepEqual(restored, properties);
  assert.equal((await vault.getSecret(`backup-${run}`)).value, 'kept');
  await assert.rejects(vault.restoreSecretBackup(new TextEncoder().encode('garbage')), refused(400, 'Malformed backup blob'));
});

test('refusals have the code and status of the real service', async () => {
  await assert.rejects(vault.getSecret(`nobody-${run}`), refused(404, 'SecretNotFound'));
  await vault.setSecret(`off-${run}`, 'v', { enabled: false });
  await assert.rejects(vault.getSecret(`off-${run}`), refused(403, 'Forbidden', 'SecretDisabled'));
  await vault.updateSecretProperties(`off-${run}`, '', { enabled: true });
  assert.equal((await vault.getSecret(`off-${run}`)).value, 'v');
  await assert.rejects(vault.setSecret('under_score', 'v'), refused(400, 'BadParameter'));
  await assert.rejects(vault.setSecret(`large-${run}`, 'x'.repeat(25601)), refused(400, 'BadParameter', 'SecretTooLarge'));
});

test('the client waits and tries again when the vault is busy', async () => {
  await vault.setSecret(`busy-${run}`, 'v');
  const host = new URL(seed.vault).host;
  await steer('POST', '/faults', { host, path: `/secrets/busy-${run}/*`, status: 429, retryAfter: 1, times: 1 });
  const begun = Date.now();
  assert.equal((await vault.getSecret(`busy-${run}`)).value, 'v');
  assert.ok(Date.now() - begun >= 990, 'Retry-After was not heeded');
});
