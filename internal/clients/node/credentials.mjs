// Each way in which a program of Azure's SDK may learn who it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ClientSecretCredential, DefaultAzureCredential, EnvironmentCredential, ManagedIdentityCredential, WorkloadIdentityCredential,
} from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { seed } from './ready.mjs';

const name = 'js-signs-in';
const write = (credential) => new SecretClient(seed.vault, credential).setSecret(name, 'v');

const ways = {
  'a client secret': () => new ClientSecretCredential(seed.tenantId, seed.azureClientId, seed.azureClientSecret),
  'the environment': () => new EnvironmentCredential(),
  'whatever is there': () => new DefaultAzureCredential(),
  'the identity of the machine': () => new ManagedIdentityCredential(),
  'an identity of the machine, by its client id': () => new ManagedIdentityCredential({ clientId: seed.azureClientId }),
  'the service account of a pod': () =>
    new WorkloadIdentityCredential({ tenantId: seed.tenantId, clientId: seed.azureClientId, tokenFilePath: seed.federatedTokenFile }),
  'another name of the login service': () =>
    new ClientSecretCredential(seed.tenantId, seed.azureClientId, seed.azureClientSecret, { authorityHost: 'https://login.windows.net' }),
};
for (const [way, credential] of Object.entries(ways)) {
  test(`signed in by ${way}`, async () => {
    assert.equal((await write(credential())).name, name);
  });
}

test('signed in by the identity of an App Service', async (t) => {
  t.after(() => { delete process.env.IDENTITY_ENDPOINT; delete process.env.IDENTITY_HEADER; });
  process.env.IDENTITY_ENDPOINT = seed.identityEndpoint;
  process.env.IDENTITY_HEADER = seed.identityHeader;
  assert.equal((await write(new ManagedIdentityCredential())).name, name);
});

const refusals = {
  'a wrong secret': [new ClientSecretCredential(seed.tenantId, seed.azureClientId, 'wrong'), 'AADSTS7000215'],
  'an unknown client': [new ClientSecretCredential(seed.tenantId, crypto.randomUUID(), 'wrong'), 'AADSTS700016'],
  'an unknown tenant': [new ClientSecretCredential(crypto.randomUUID(), seed.azureClientId, 'wrong'), 'AADSTS90002'],
};
for (const [what, [credential, code]] of Object.entries(refusals)) {
  test(`${what} is refused in words`, async () => {
    await assert.rejects(credential.getToken('https://vault.azure.net/.default'), (error) => {
      assert.equal(error.name, 'AuthenticationRequiredError');
      assert.match(error.message, new RegExp(code));
      return true;
    });
  });
}

test('a credential of another tenant than the challenge names is not sent on', async () => {
  const stranger = new ClientSecretCredential(crypto.randomUUID(), seed.azureClientId, seed.azureClientSecret);
  await assert.rejects(write(stranger), /not configured to acquire tokens for tenant/);
});
