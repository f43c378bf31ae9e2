// From nothing to a token of the organisation's, with jose for keys and tokens and openid-client for the grant.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createRemoteJWKSet, exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose';
import * as oauth from 'openid-client';
import { seed } from './ready.mjs';

const issuer = 'https://test.maskinporten.no/';
const platform = 'https://platform.tt02.altinn.no';
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const scope = 'altinn:serviceowner/instances.read altinn:serviceowner/instances.write';

// assertion signs a grant. What claims has beats the rest.
const assertion = (key, kid, client, claims = {}) =>
  new SignJWT({ aud: issuer, scope, jti: crypto.randomUUID(), ...claims })
    .setProtectedHeader({ alg: 'RS256', kid })
    .setIssuer(client).setIssuedAt().setExpirationTime('100s')
    .sign(key);

const discover = (client) => oauth.discovery(new URL(issuer), client, undefined, oauth.None(), { algorithm: 'oauth2' });
const grant = (config, signed) => oauth.genericGrantRequest(config, grantType, { assertion: signed });

const adminJWK = JSON.parse(readFileSync(seed.selfServiceJwk, 'utf8'));
const adminKey = await importJWK(adminJWK, 'RS256');
let admin; // the token of the client that may register others

async function selfService(method, path, body, wanted = 200) {
  const answer = await fetch(`https://api.test.samarbeid.digdir.no/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.equal(answer.status, wanted, text);
  return text && JSON.parse(text);
}

async function newKey() {
  const kid = crypto.randomUUID();
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' } };
}

const first = await newKey();
let client;
let config;
let token;

test('the metadata leads to the token endpoint, and an admin client gets a token', async () => {
  config = await discover(seed.selfServiceClientId);
  const metadata = config.serverMetadata();
  assert.deepEqual([metadata.issuer, metadata.token_endpoint, metadata.jwks_uri], [issuer, `${issuer}token`, `${issuer}jwk`]);
  assert.ok(metadata.grant_types_supported.includes(grantType));
  const signed = await assertion(adminKey, adminJWK.kid, seed.selfServiceClientId, { scope: 'idporten:dcr.read idporten:dcr.write' });
  const answer = await grant(config, signed);
  assert.deepEqual([answer.token_type, answer.scope], ['bearer', 'idporten:dcr.read idporten:dcr.write']);
  admin = answer.access_token;
});

test('a client is registered with a key that jose has made', async () => {
  const made = await selfService('POST', '/clients', {
    client_name: 'official-clients', description: 'Made by openid-client and jose', integration_type: 'maskinporten', application_type: 'web',
    token_endpoint_auth_method: 'private_key_jwt', grant_types: [grantType], scopes: scope.split(' '),
  });
  client = made.client_id;
  await selfService('POST', `/clients/${client}/jwks`, { keys: [first.jwk] });
  config = await discover(client);
});

test("the token verifies with Maskinporten's key set, and speaks for the organisation", async () => {
  const answer = await grant(config, await assertion(first.privateKey, first.kid, client));
  token = answer.access_token;
  assert.equal(answer.expiresIn() > 0, true);
  const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
  const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer, algorithms: ['RS256'] });
  assert.deepEqual([payload.client_id, payload.scope], [client, scope]);
  assert.deepEqual(payload.consumer, { authority: 'iso6523-actorid-upis', ID: `0192:${seed.orgNumber}` });
  assert.ok(keys.jwks().keys.some((key) => key.kid === protectedHeader.kid));
});

test('a token for one resource names it as its audience', async () => {
  const resource = 'https://api.example.com/v1';
  const answer = await grant(config, await assertion(first.privateKey, first.kid, client, { resource }));
  const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
  await jwtVerify(answer.access_token, keys, { issuer, audience: resource });
  await assert.rejects(jwtVerify(answer.access_token, keys, { issuer, audience: 'https://other.example.com' }), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'aud' });
});

test("Altinn's token verifies with Altinn's key set, and names the organisation", async () => {
  const answer = await fetch(`${platform}/authentication/api/v1/exchange/maskinporten`, { headers: { Authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
  const altinn = await discoverAltinn();
  const { payload } = await jwtVerify(await answer.text(), createRemoteJWKSet(new URL(altinn.jwks_uri)), { issuer: altinn.issuer });
  assert.deepEqual([payload['urn:altinn:org'], payload['urn:altinn:orgNumber'], payload.client_id], [seed.org, seed.orgNumber, client]);
});

async function discoverAltinn() {
  const found = await oauth.discovery(new URL(`${platform}/authentication/api/v1/openid/`), client, undefined, oauth.None());
  return found.serverMetadata();
}

test('neither token verifies with the key set of the other', async () => {
  const altinn = await discoverAltinn();
  await assert.rejects(jwtVerify(token, createRemoteJWKSet(new URL(altinn.jwks_uri))), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
});

// refusedWith tells what openid-client makes of an error answer (RFC 6749, section 5.2) with a page of help.
const refusedWith = (error, description, page) => (thrown) => {
  assert.ok(thrown instanceof oauth.ResponseBodyError, `${thrown}`);
  assert.deepEqual([thrown.status, thrown.error, thrown.cause.error_uri], [400, error, page && `${issuer}errors/${page}`]);
  assert.match(thrown.error_description, description);
  return true;
};
const unknownKey = refusedWith('invalid_grant', /^Invalid assertion\. Client authentication failed\. Unknown key identifier \(kid\) for client\. \(trace_id: /);

test('a key is rotated with no gap', async () => {
  const second = await newKey();
  const use = async (key) => grant(config, await assertion(key.privateKey, key.kid, client));
  await assert.rejects(use(second), unknownKey);
  await selfService('POST', `/clients/${client}/jwks`, { keys: [first.jwk, second.jwk] });
  await use(first);
  await use(second);
  await selfService('POST', `/clients/${client}/jwks`, { keys: [second.jwk] });
  await use(second);
  await assert.rejects(use(first), unknownKey);
  await selfService('POST', `/clients/${client}/jwks`, { keys: [first.jwk] });
});

test('refusals are those of RFC 6749, with the words of Maskinporten', async () => {
  const sign = (claims = {}, from = client) => assertion(first.privateKey, first.kid, from, claims);
  const used = await sign();
  await grant(config, used);
  const refusals = [
    [used, 'invalid_grant', /^Grant is used before/, 'MP-012'],
    ['not.a.token', 'invalid_request', /^Invalid assertion\. Invalid parameter value/, 'MP-011'],
    [await sign({}, crypto.randomUUID()), 'invalid_grant', /^Invalid assertion\. Client authentication failed/, 'MP-100'],
    [await sign({ aud: `${issuer}token` }), 'invalid_grant', /Invalid JWT claim aud/, 'MP-110'],
    [await sign({ scope: 'altinn:no.such' }), 'invalid_scope', /altinn:no\.such/, 'MP-200'],
  ];
  for (const [signed, ...refusal] of refusals) {
    await assert.rejects(grant(config, signed), refusedWith(...refusal));
  }
  await assert.rejects(oauth.genericGrantRequest(config, 'client_credentials', {}), refusedWith('unsupported_grant_type', /jwt-bearer/));
});
