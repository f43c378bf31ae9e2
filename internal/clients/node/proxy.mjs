// Makes fetch of Node 20 use HTTPS_PROXY: node --import ./proxy.mjs program.mjs
// Later versions of Node do so by themselves with NODE_USE_ENV_PROXY=1.
import { EnvHttpProxyAgent, setGlobalDispatcher } from 'undici';

if (!process.allowedNodeEnvironmentFlags.has('--use-env-proxy')) {
  setGlobalDispatcher(new EnvHttpProxyAgent());
}
