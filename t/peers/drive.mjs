// An official MCP client on strings: commands as JSON lines on stdin, what
// happens as JSON lines on stdout, so that a test can kill connections and
// drive the worker in between.
//
// usage: node drive.mjs (sdk1 | sdk2-legacy | sdk2-auto) URL
//
//   {"do":"tools"|"resources"|"templates"|"prompts","as":NAME}
//   {"do":"call"|"read"|"prompt"|"complete","as":NAME,"params":{..},
//    "timeout":MS}
//   {"do":"cancel","as":NAME}     what was begun under that name
//   {"do":"close"}
//
// says: {"connected":{..}}, {"as":NAME,"progress":{..}},
// {"as":NAME,"result":{..}}, {"as":NAME,"error":TEXT}, {"notice":METHOD},
// {"trouble":TEXT} and for every request over HTTP {"http":METHOD,
// "status":N,"resumes":BOOL}

import { createInterface } from 'node:readline';

const [kind, url] = process.argv.slice(2);

if (!url) {
  console.error('usage: node drive.mjs (sdk1|sdk2-legacy|sdk2-auto) URL');
  process.exit(2);
}

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

async function watched(input, init) {
  const sent = new Headers(init?.headers);
  const answer = await fetch(input, init);
  say({ http: init?.method ?? 'GET', status: answer.status,
    resumes: sent.has('last-event-id') });
  return answer;
}

async function connect() {
  const info = { name: `peer-${kind}`, version: '1.0.0' };
  const one = kind === 'sdk1';
  const { Client } = await import(one
    ? '@modelcontextprotocol/sdk/client/index.js'
    : '@modelcontextprotocol/client');
  const { StreamableHTTPClientTransport } = await import(one
    ? '@modelcontextprotocol/sdk/client/streamableHttp.js'
    : '@modelcontextprotocol/client');
  const client = one ? new Client(info) : new Client(info, {
    versionNegotiation: { mode: kind === 'sdk2-auto' ? 'auto' : 'legacy' } });
  client.onerror = (e) => say({ trouble: String(e?.message ?? e) });
  client.fallbackNotificationHandler = async (n) => say({ notice: n.method });
  const transport = new StreamableHTTPClientTransport(new URL(url),
    { fetch: watched });
  await client.connect(transport);
  say({ connected: { server: client.getServerVersion()?.name,
    version: client.getNegotiatedProtocolVersion?.()
      ?? transport.protocolVersion,
    session: transport.sessionId !== undefined,
    capabilities: client.getServerCapabilities() } });
  return { client, transport,
    call: one ? (p, o) => client.callTool(p, undefined, o)
              : (p, o) => client.callTool(p, o) };
}

const { client, transport, call } = await connect();

const verbs = {
  tools: (p, o) => client.listTools(p, o),
  resources: (p, o) => client.listResources(p, o),
  templates: (p, o) => client.listResourceTemplates(p, o),
  prompts: (p, o) => client.listPrompts(p, o),
  read: (p, o) => client.readResource(p, o),
  prompt: (p, o) => client.getPrompt(p, o),
  complete: (p, o) => client.complete(p, o),
  call,
};

const begun = new Map();

async function run({ do: verb, as, params, timeout = 60000 }) {
  const control = new AbortController();
  begun.set(as, control);
  try {
    const result = await verbs[verb](params, { signal: control.signal,
      onprogress: (progress) => say({ as, progress }), timeout,
      resetTimeoutOnProgress: true });
    say({ as, result });
  } catch (error) {
    say({ as, error: String(error?.message ?? error) });
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.do === 'close') break;
  if (command.do === 'cancel') {
    begun.get(command.as)?.abort('no longer wanted');
  } else {
    run(command);
  }
}

await transport.terminateSession?.();
await client.close();
say({ closed: true });
process.exit(0);
