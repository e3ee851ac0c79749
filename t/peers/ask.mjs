// Asks a question with an official MCP client, follows its progress and
// pages the table of the answer; prints what it saw as one JSON object.
//
// usage: node ask.mjs (sdk1 | sdk2-legacy | sdk2-auto) URL QUESTION [FOLLOW-UP]

const [kind, url, question, followUp] = process.argv.slice(2);

if (!question) {
  console.error('usage: node ask.mjs (sdk1|sdk2-legacy|sdk2-auto) URL QUESTION [FOLLOW-UP]');
  process.exit(2);
}

async function connect() {
  const info = { name: `peer-${kind}`, version: '1.0.0' };
  if (kind === 'sdk1') {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StreamableHTTPClientTransport } =
      await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const client = new Client(info);
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    return { client, call: (p, o) => client.callTool(p, undefined, o) };
  }
  const { Client, StreamableHTTPClientTransport } =
    await import('@modelcontextprotocol/client');
  const mode = kind === 'sdk2-auto' ? 'auto' : 'legacy';
  const client = new Client(info, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return { client, call: (p, o) => client.callTool(p, o) };
}

const { client, call } = await connect();
const seen = { kind, server: client.getServerVersion()?.name,
  version: client.getNegotiatedProtocolVersion?.(), tools: [], progress: [],
  answers: [] };

seen.tools = (await client.listTools()).tools.map((t) => t.name);

async function ask(prompt, conversation_id) {
  const run = await call({ name: 'run_analytics_agent',
    arguments: conversation_id ? { prompt, conversation_id } : { prompt } });
  const ids = run.structuredContent;
  if (ids?.status !== 'running') {
    throw new Error(`not running: ${JSON.stringify(run)}`);
  }
  let status;
  do {
    status = (await call({ name: 'get_analytics_agent_status',
      arguments: { conversation_id: ids.conversation_id,
        prompt_id: ids.prompt_id, wait_seconds: 20 } },
      { onprogress: (p) => seen.progress.push([p.progress, p.message]),
        resetTimeoutOnProgress: true })).structuredContent;
  } while (status.status === 'running');
  seen.answers.push(status);
  return status;
}

const first = await ask(question);
if (followUp) await ask(followUp, first.conversation_id);

const table = seen.answers.at(-1).artifacts?.find((a) => a.kind === 'table');
if (table) {
  seen.pages = [];
  let offset = 0;
  do {
    const page = (await call({ name: 'query_table_artifact',
      arguments: { artifact_id: table.artifact_id, limit: 4, offset } }))
      .structuredContent;
    seen.pages.push(page);
    offset = page.next_offset;
  } while (offset !== undefined && seen.pages.length < 50);
}

const bad = await call({ name: 'describe_table_artifact',
  arguments: { artifact_id: 'a_nothing' } });
seen.refused = { isError: bad.isError, text: bad.content[0].text };

await client.close();
console.log(JSON.stringify(seen));
