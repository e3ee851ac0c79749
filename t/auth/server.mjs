// An authorization server on loopback that looks like AuthKit to an MCP
// client: its paths, its claims, S256 only, registration of clients, tokens
// of a short life, refresh tokens that are worth one use, and the client id
// of the environment as audience when no resource was asked for.
//
// usage: node server.mjs PORT RESOURCE CLIENT_ID LIFE
//
// Orders are JSON lines on stdin, each answered by one on stdout:
//
//   {"do":"keys","order":["k2","k1"]}   which are published; the first signs
//   {"do":"life","seconds":N}           of the access tokens made from now on
//   {"do":"counts"}                     requests so far, by method and path
//
// The page that asks who it is and for which organization is plain HTML: a
// form with "user" and "org", posted to its own address.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { errors, Provider } from 'oidc-provider';
import { createMemoryAdapter } from
  'oidc-provider/lib/adapters/memory_adapter.js';

const [port, resource, environment, life] = process.argv.slice(2);

if (!life) {
  console.error('usage: node server.mjs PORT RESOURCE CLIENT_ID LIFE');
  process.exit(2);
}

const issuer = `http://127.0.0.1:${port}`;
const NO_RESOURCE = 'urn:environment';
const SCOPES = 'analytics:read analytics:run';
const USUAL = 'openid profile email offline_access';

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const state = { life: Number(life), order: ['k1'] };
const keys = new Map();
const consents = new Map();     // grant id -> { sid, org_id }
const counts = new Map();

function key(kid) {
  if (!keys.has(kid)) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    keys.set(kid, { ...privateKey.export({ format: 'jwk' }), kid,
      use: 'sig', alg: 'RS256' });
  }
  return keys.get(kid);
}

// Clients, grants and sessions outlive a change of keys.
const adapter = createMemoryAdapter();
const cookieKeys = [randomBytes(16).toString('hex')];

function makeProvider() {
  return new Provider(issuer, {
    adapter,
    jwks: { keys: state.order.map(key) },
    cookies: { keys: cookieKeys },
    routes: { authorization: '/oauth2/authorize', token: '/oauth2/token',
      registration: '/oauth2/register', jwks: '/oauth2/jwks',
      userinfo: '/oauth2/userinfo', introspection: '/oauth2/introspection' },
    scopes: `${USUAL} ${SCOPES}`.split(' '),
    claims: { openid: ['sub'], email: ['email'], profile: ['name'] },
    clientAuthMethods: ['none', 'client_secret_post', 'client_secret_basic'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: async (ctx, client) =>
      client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => false,
    ttl: { AccessToken: () => state.life, Grant: 3600, IdToken: 300,
      Interaction: 300, RefreshToken: 3600, Session: 3600 },
    findAccount: async (ctx, id) => ({ accountId: id,
      claims: async () => ({ sub: id, name: id,
        email: `${id}@example.com` }) }),
    extraTokenClaims: async (ctx, token) => consents.get(token.grantId),
    interactions: { url: (ctx, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      introspection: { enabled: true },
      pushedAuthorizationRequests: { enabled: false },
      registration: { enabled: true },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => NO_RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: async (ctx, asked) => {
          if (asked !== resource && asked !== NO_RESOURCE) {
            throw new errors.InvalidTarget();
          }
          return { audience: asked === resource ? asked : environment,
            scope: SCOPES, accessTokenTTL: state.life,
            accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
        },
      },
    },
  });
}

let provider = makeProvider();
let serve = provider.callback();

async function bodyOf(req) {
  const parts = [];
  for await (const part of req) parts.push(part);
  return new URLSearchParams(Buffer.concat(parts).toString());
}

// Who it is and what may be done, in one answer.
async function interact(req, res) {
  const { params } = await provider.interactionDetails(req, res);
  if (req.method !== 'POST') {
    res.setHeader('Content-Type', 'text/html');
    res.end('<form method="post"><input name="user"><input name="org">'
      + '<button>Allow</button></form>');
    return;
  }
  const form = await bodyOf(req);
  const accountId = form.get('user');
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(`${USUAL} ${SCOPES}`);
  for (const r of [params.resource ?? NO_RESOURCE].flat()) {
    grant.addResourceScope(r, SCOPES);
  }
  const grantId = await grant.save();
  const org = form.get('org');
  consents.set(grantId, { sid: `consent_${randomBytes(8).toString('hex')}`,
    ...(org && { org_id: org }) });
  await provider.interactionFinished(req, res,
    { login: { accountId }, consent: { grantId } });
}

const server = createServer((req, res) => {
  const path = req.url.split('?')[0];
  const what = `${req.method} ${path}`;
  counts.set(what, (counts.get(what) ?? 0) + 1);
  if (path.startsWith('/interaction/')) {
    interact(req, res).catch((error) => {
      res.statusCode = 500;
      res.end(String(error?.stack ?? error));
    });
  } else {

    // Who asks for no scope gets the usual ones.
    if (path === '/oauth2/authorize' && !/[?&]scope=/.test(req.url)) {
      req.url += `&scope=${encodeURIComponent(USUAL)}`;
    }
    serve(req, res);
  }
});

server.listen(Number(port), '127.0.0.1',
  () => say({ ready: issuer, resource }));

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  if (order.do === 'keys') {
    state.order = order.order;
    provider = makeProvider();
    serve = provider.callback();
    say({ keys: state.order });
  } else if (order.do === 'life') {
    state.life = order.seconds;
    say({ life: state.life });
  } else {
    say({ counts: Object.fromEntries(counts) });
  }
}

process.exit(0);
