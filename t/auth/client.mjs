// An official MCP client that knows nothing but a URL, and a person who
// signs in: commands as JSON lines on stdin, what happens as JSON lines on
// stdout (t/lib/Mitzu/Peer.pm).
//
// usage: node client.mjs (sdk1 | sdk2-legacy | sdk2-auto | old) URL USER ORG
//
// "old" is the SDK of the revision 2025-03-26, which looks for the
// authorization server's metadata at the root of the MCP server.
//
//   {"do":"tools","as":NAME}  {"do":"call","as":NAME,"params":{..}}
//   {"do":"token","as":NAME}  the claims of the access token in use
//   {"do":"close"}
//
// says: {"connected":{..}}, {"as":NAME,"progress":{..}},
// {"as":NAME,"result":{..}}, {"as":NAME,"error":TEXT}, {"consent":{..}},
// {"trouble":TEXT}, {"failed":TEXT} and for every request over HTTP
// {"http":METHOD,"url":URL,"status":N,"signed":BOOL}

import { createInterface } from 'node:readline';

const [kind, url, user, org] = process.argv.slice(2);

if (org === undefined) {
  console.error('usage: node client.mjs (sdk1|sdk2-legacy|sdk2-auto|old) URL'
    + ' USER ORG');
  process.exit(2);
}

const REDIRECT = 'http://127.0.0.1:1/callback';
const HOPS = 10;

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const plain = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const request = input instanceof Request ? input : undefined;
  const sent = new Headers(init?.headers ?? request?.headers);
  const answer = await plain(input, init);
  say({ http: init?.method ?? request?.method ?? 'GET',
    url: String(request?.url ?? input), status: answer.status,
    signed: sent.has('authorization'),
    challenge: answer.headers.get('www-authenticate') ?? undefined });
  return answer;
};

// The browser: follows redirects with cookies, fills in the one form there
// is, and gives the address it would end at.
async function browse(start) {
  const jar = new Map();
  let next = new URL(start);
  let form;
  for (let hop = 0; hop < HOPS; hop += 1) {
    const answer = await plain(next, { redirect: 'manual',
      method: form ? 'POST' : 'GET', body: form,
      headers: { cookie: [...jar].map((c) => c.join('=')).join('; ') } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      jar.set(name, value);
    }
    const page = await answer.text();
    form = undefined;
    if (answer.headers.has('location')) {
      next = new URL(answer.headers.get('location'), next);
      if (next.href.startsWith(REDIRECT)) return next;
    } else if (answer.ok && page.includes('<form')) {
      form = new URLSearchParams({ user, org });
    } else {
      throw new Error(`the browser is stuck: ${answer.status} ${page}`);
    }
  }
  throw new Error('the browser goes in circles');
}

class Person {
  stored = {};
  redirectUrl = REDIRECT;
  clientMetadata = { client_name: 'peer', redirect_uris: [REDIRECT],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'], token_endpoint_auth_method: 'none',
    application_type: 'native' };
  clientInformation() { return this.stored.client; }
  saveClientInformation(client) { this.stored.client = client; }
  tokens() { return this.stored.tokens; }
  saveTokens(tokens) { this.stored.tokens = tokens; }
  codeVerifier() { return this.stored.verifier; }
  saveCodeVerifier(verifier) { this.stored.verifier = verifier; }
  discoveryState() { return this.stored.discovery; }
  saveDiscoveryState(found) { this.stored.discovery = found; }
  redirectToAuthorization(address) { this.goes = browse(address); }
}

async function load() {
  if (kind === 'old') {
    return { ...await import('mcp-sdk-2025-03-26/client/index.js'),
      ...await import('mcp-sdk-2025-03-26/client/streamableHttp.js') };
  }
  if (kind === 'sdk1') {
    return { ...await import('@modelcontextprotocol/sdk/client/index.js'),
      ...await import('@modelcontextprotocol/sdk/client/streamableHttp.js') };
  }
  return import('@modelcontextprotocol/client');
}

const sdk = await load();
const person = new Person();
const is2 = kind.startsWith('sdk2');

function makeClient() {
  const info = { name: `peer-${kind}`, version: '1.0.0' };
  return is2 ? new sdk.Client(info, { versionNegotiation:
    { mode: kind === 'sdk2-auto' ? 'auto' : 'legacy' } })
    : new sdk.Client(info);
}

function makeTransport() {
  return new sdk.StreamableHTTPClientTransport(new URL(url),
    { authProvider: person });
}

async function connect() {
  let client = makeClient();
  let transport = makeTransport();
  try {
    await client.connect(transport);
  } catch (error) {
    if (!person.goes) throw error;
    const { searchParams } = await person.goes;
    say({ consent: { error: searchParams.get('error') ?? undefined,
      iss: searchParams.get('iss') } });
    await transport.finishAuth(is2 ? searchParams : searchParams.get('code'));
    client = makeClient();
    transport = makeTransport();
    await client.connect(transport);
  }
  say({ connected: { server: client.getServerVersion()?.name,
    version: client.getNegotiatedProtocolVersion?.()
      ?? transport.protocolVersion,
    session: transport.sessionId !== undefined } });
  return { client, transport };
}

const { client, transport } = await connect().catch((error) => {
  say({ failed: String(error?.stack ?? error) });
  process.exit(1);
});

function claims() {
  const [, middle] = person.stored.tokens.access_token.split('.');
  return JSON.parse(Buffer.from(middle, 'base64url').toString());
}

const verbs = {
  tools: (p, o) => client.listTools(p, o),
  call: (p, o) => (is2 ? client.callTool(p, o)
    : client.callTool(p, undefined, o)),
  token: async () => claims(),
};

async function run({ do: verb, as, params }) {
  try {
    const result = await verbs[verb](params, {
      onprogress: (progress) => say({ as, progress }), timeout: 60000,
      resetTimeoutOnProgress: true });
    say({ as, result });
  } catch (error) {
    say({ as, error: String(error?.message ?? error) });
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.do === 'close') break;
  run(command);
}

// A token that has expired meanwhile is not refreshed for a good-bye.
await transport.terminateSession?.().catch((error) =>
  say({ trouble: String(error?.message ?? error) }));
await client.close();
say({ closed: true });
process.exit(0);
