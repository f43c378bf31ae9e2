import { DefaultAzureCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { createRemoteJWKSet, importJWK, jwtVerify, SignJWT } from 'jose';
import * as oauth from 'openid-client';

// What stafett prepare has put into the vault.
const vault = new SecretClient('https://kv-fts-tt02.vault.azure.net', new DefaultAzureCredential());
const { value: client } = await vault.getSecret('MaskinportenSettings--ClientId');
const { value: encoded } = await vault.getSecret('MaskinportenSettings--EncodedJwk');
const jwk = JSON.parse(Buffer.from(encoded, 'base64'));

// Maskinporten's token for the organisation.
const maskinporten = await oauth.discovery(new URL('https://test.maskinporten.no/'), client, undefined, oauth.None(), { algorithm: 'oauth2' });
const assertion = await new SignJWT({ scope: 'altinn:serviceowner/instances.read altinn:serviceowner/instances.write' })
  .setProtectedHeader({ alg: 'RS256', kid: jwk.kid })
  .setIssuer(client).setAudience(maskinporten.serverMetadata().issuer)
  .setJti(crypto.randomUUID()).setIssuedAt().setExpirationTime('100s')
  .sign(await importJWK(jwk, 'RS256'));
const { access_token: token } = await oauth.genericGrantRequest(maskinporten, 'urn:ietf:params:oauth:grant-type:jwt-bearer', { assertion });

// Altinn's token for it, and what that says.
const authentication = 'https://platform.tt02.altinn.no/authentication/api/v1';
const answer = await fetch(`${authentication}/exchange/maskinporten`, { headers: { Authorization: `Bearer ${token}` } });
const altinn = await oauth.discovery(new URL(`${authentication}/openid/`), client, undefined, oauth.None());
const { payload } = await jwtVerify(await answer.text(), createRemoteJWKSet(new URL(altinn.serverMetadata().jwks_uri)));
console.log(payload['urn:altinn:org'], payload['urn:altinn:orgNumber']);
