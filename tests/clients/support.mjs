// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What the Node scripts share: a server process, HTTP posts, a client that remembers what it got, deadlines.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const skipped = 77; // CTest's SKIP_RETURN_CODE

/// Milliseconds that a test waits for what has to come. Many, since a machine that runs other tests is slow: only where
/// something is wrong they pass.
export const patience = 60000;

/// An npm package from the folder that FANFARE_NODE_MODULES names. Without it the script counts as skipped.
export function npmPackage(name) {
  const folder = path.resolve(process.env.FANFARE_NODE_MODULES ?? '.');
  try {
    return createRequire(path.join(folder, 'resolve.js'))(name);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    console.log(`skipped: no npm package ${name} in ${folder} (set FANFARE_NODE_MODULES)`);
    process.exit(skipped);
  }
}

/// `promise`, or an error that names `what` after `ms` milliseconds.
export async function deadline(promise, ms, what) {
  const stop = new AbortController();
  const late = delay(ms, null, { signal: stop.signal })
    .then(() => { throw new Error(`too late (${ms} ms): ${what}`); });
  late.catch(() => {}); // Aborted below, once it does not matter any more.
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
  }
}

/// Asks `look` again and again until its answer is true. For state that no event announces.
export async function eventually(look, ms, what) {
  const end = performance.now() + ms;
  for (;;) {
    const answer = await look();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`too late (${ms} ms): ${what}`);
    await delay(50);
  }
}

const servers = new Set();
process.on('exit', () => { for (const server of servers) server.child.kill('SIGKILL'); });

/// A free one of 127.0.0.1, and none that the system gives to others, who could take it while its server is away, or
/// that other tests have reserved.
export async function freePort() {
  for (;;) {
    const port = randomInt(26000, 32000), server = net.createServer().listen(port, '127.0.0.1');
    const free = await new Promise(resolve => {
      server.on('listening', () => resolve(true));
      server.on('error', () => resolve(false));
    });
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/// Starts `binary` and waits for the line with its URL.
export async function startServer(binary, args = []) {
  if (args.includes('--port')) return launch(binary, args);
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(binary, ['--port', String(await freePort()), ...args]);
    } catch (error) { // Another test may have chosen the same port, and was quicker.
      if (attempt === 5 || !/in use/i.test(error.message)) throw error;
    }
  }
}

async function launch(binary, args) {
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const server = { child, output: '', exited: once(child, 'exit') };
  servers.add(server);
  const ready = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => reject(new Error(`${binary} ended with ${code}`)));
    const read = text => {
      server.output = (server.output + text).slice(-20000);
      const found = /\b(?:http|ws):\/\/([\w.]+|\[[\w:]+\]):(\d+)/.exec(server.output);
      if (found) resolve({ host: found[1], port: Number(found[2]) });
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', text => { server.output = (server.output + text).slice(-20000); });
  });
  ready.catch(() => {});
  try {
    Object.assign(server, await deadline(ready, patience, `URL of ${binary}`));
  } catch (error) { // Who is late does not run on beside the next test; a script also stops what it has started.
    child.kill();
    await deadline(server.exited, patience, `end of ${binary}`).catch(() => child.kill('SIGKILL'));
    servers.delete(server);
    error.message += `\n${server.output}`;
    throw error;
  }
  server.http = `http://${server.host}:${server.port}`;
  server.ws = `ws://${server.host}:${server.port}/api/v1/ws`;
  /// Signals this one process and waits for its end; answers [exit code, signal].
  server.stop = async (signal = 'SIGTERM') => {
    child.kill(signal);
    try {
      return await deadline(server.exited, patience, `end of ${binary} after ${signal}`);
    } finally {
      child.kill('SIGKILL');
      servers.delete(server);
    }
  };
  return server;
}

/// POSTs JSON (or a string as it is) and answers `{status, body}`.
export async function post(server, where, body, key) {
  const headers = { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) };
  const answer = await fetch(server.http + where, { method: 'POST', headers, signal: AbortSignal.timeout(15000),
    body: typeof body === 'string' ? body : JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : null };
}

/// Publishes and insists that the server took it.
export async function publish(server, room, type, payload, key) {
  const { status, body } = await post(server, '/api/v1/publish', { room, type, payload }, key);
  if (status < 200 || status > 299) throw new Error(`publish answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

export async function stats(server) {
  const answer = await fetch(server.http + '/api/v1/ws/stats', { signal: AbortSignal.timeout(15000) });
  if (answer.status !== 200) throw new Error(`stats answered ${answer.status}`);
  return answer.json();
}

/// A `ws` client that keeps what arrived until somebody asks for it.
export class Client {
  messages = [];
  waiting = new Set();
  nextId = 1;

  /// Connects. `opened` resolves with the client, or rejects with an error that has `status` and `text`.
  constructor(WebSocket, url, options = {}) {
    this.socket = new WebSocket(url, { perMessageDeflate: false, ...options });
    this.closed = new Promise(resolve => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
    this.socket.on('message', (data, binary) => {
      this.messages.push(binary ? data : JSON.parse(data));
      for (const look of [...this.waiting]) look();
    });
    this.opened = new Promise((resolve, reject) => {
      this.socket.on('open', () => resolve(this));
      this.socket.on('error', reject); // After the opening, what went wrong is in the close event.
      this.socket.on('unexpected-response', (request, response) => {
        let text = '';
        response.setEncoding('utf8').on('data', part => { text += part; }).on('end', () => {
          const status = response.statusCode;
          reject(Object.assign(new Error(`refused with ${status}`), { status, text }));
        });
      });
    });
    this.opened.catch(() => {});
  }

  static async open(WebSocket, url, options) {
    const client = new Client(WebSocket, url, options);
    return deadline(client.opened, 15000, `opening ${url}`);
  }

  /// The first message that fits; the others stay for later questions.
  async next(fits, what, ms = 15000) {
    const wants = typeof fits === 'string' ? message => message.type === fits : fits;
    let look;
    const found = new Promise((resolve, reject) => {
      look = () => {
        const at = this.messages.findIndex(message => wants(message));
        if (at >= 0) resolve(this.messages.splice(at, 1)[0]);
      };
      this.waiting.add(look);
      look();
      this.closed.then(end => reject(new Error(`closed ${end.code} ${end.reason} while waiting: ${what ?? fits}`)));
    });
    try {
      return await deadline(found, ms, what ?? String(fits));
    } finally {
      this.waiting.delete(look);
    }
  }

  send(message) { this.socket.send(typeof message === 'string' ? message : JSON.stringify(message)); }

  /// Sends a request and waits for the answer with its request_id.
  ask(type, payload, ms) {
    const request_id = `r${this.nextId++}`;
    this.send({ type, request_id, payload, timestamp: new Date().toISOString() });
    return this.next(message => message.request_id === request_id, `answer to ${type}`, ms);
  }

  async end() {
    this.socket.close();
    return deadline(this.closed, 15000, 'closing handshake');
  }
}

const tests = [];
export const test = (name, body) => tests.push([name, body]);

/// Runs the tests one after the other and ends the process with their verdict.
export async function runTests() {
  let failures = 0;
  for (const [name, body] of tests) {
    const begin = performance.now();
    try {
      await deadline(body(), 5 * patience, name);
      console.log(`ok      ${name} (${Math.round(performance.now() - begin)} ms)`);
    } catch (error) {
      failures++;
      console.log(`NOT OK  ${name}\n${error.stack}`);
    }
  }
  console.log(`${tests.length - failures} of ${tests.length} passed`);
  process.exit(failures || tests.length === 0 ? 1 : 0);
}
