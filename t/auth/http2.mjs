// POST requests over one connection of HTTP/2, all at once.
//
// usage: node http2.mjs ORIGIN PATH < REQUESTS
//
// A JSON list of { "token": TEXT, "body": TEXT, "keep": BOOL }; keep: the
// body is not ended, and the request is given up after a while.  Gives a
// list of { "status": N, "challenge": TEXT, "body": TEXT, "ms": N }.

import { connect } from 'node:http2';
import { readFileSync } from 'node:fs';

const GIVE_UP_MS = 3000;

const [origin, path] = process.argv.slice(2);

if (!path) {
  console.error('usage: node http2.mjs ORIGIN PATH');
  process.exit(2);
}

const session = connect(origin);

function ask({ token, body, keep }) {
  return new Promise((resolve) => {
    const began = Date.now();
    const answer = { body: '' };
    const stream = session.request({ ':method': 'POST', ':path': path,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token && { authorization: `Bearer ${token}` }) });
    stream.on('response', (h) => {
      answer.status = h[':status'];
      answer.challenge = h['www-authenticate'];
      answer.ms = Date.now() - began;
    });
    stream.on('data', (part) => { answer.body += part; });
    stream.on('error', (error) => { answer.error = error.message; });
    stream.on('close', () => resolve(answer));
    if (keep) {
      stream.write(body);
      setTimeout(() => stream.close(), GIVE_UP_MS);
    } else {
      stream.end(body);
    }
  });
}

const requests = JSON.parse(readFileSync(0));
console.log(JSON.stringify(await Promise.all(requests.map(ask))));
session.close();
