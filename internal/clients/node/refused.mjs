// What Azure's SDK makes of a vault in which the program may read and not write.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DefaultAzureCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { seed } from './ready.mjs';

test('a program without the right to write is refused', async () => {
  const vault = new SecretClient(seed.vault, new DefaultAzureCredential());
  for await (const secret of vault.listPropertiesOfSecrets()) assert.ok(secret.name);
  await assert.rejects(vault.setSecret('js-forbidden', 'v'), (error) => {
    assert.deepEqual([error.statusCode, error.code, error.details.error.innerError?.code], [403, 'Forbidden', 'ForbiddenByRbac']);
    return true;
  });
});
