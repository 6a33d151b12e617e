// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What the tests share: the built client, a server that can be restarted, a proxy that misbehaves, recorders.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FanfareClient } from '../dist/fanfare_client.js';
import {
  deadline,
  eventually,
  npmPackage,
  post,
  publish,
  startServer,
} from '../../../../tests/clients/support.mjs';

export { FanfareClient, FanfareError } from '../dist/fanfare_client.js';
export { deadline, eventually, npmPackage, post, publish, startServer };

export const { WebSocket, WebSocketServer } = npmPackage('ws');
export const serverPath = process.env.NOTIFICATION_SERVER;
/// A module of src/ on its own.
export const moduleOf = name => import(path.join(process.env.FANFARE_CLIENT_MODULES, name + '.mjs'));

export const quiet = ['--no-self-telemetry'];
export const quick = { WebSocket, backoff: { min: 50, max: 400 }, connectTimeout: 3000, requestTimeout: 15000 };
export const patience = 30000;

/// Runs `body` with a server, whose `restart` begins anew on the same port; afterwards it is gone.
export async function withServer(args, body) {
  const server = await startServer(serverPath, [...quiet, ...args]);
  server.restart = async (signal = 'SIGKILL') => {
    await server.stop(signal);
    Object.assign(server, await startServer(serverPath, [...quiet, ...args, '--port', String(server.port)]), {
      restart: server.restart,
    });
  };
  try {
    return await body(server);
  } finally {
    await server.stop();
  }
}

/// A folder for a database, which is gone afterwards.
export async function withFolder(body) {
  const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-client-test-'));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/// A TCP proxy. `mode`: `pass`; `freeze`: takes connections and bytes, and forwards nothing; `refuse`: ends every new
/// connection; `no-websocket`: answers upgrades with 403, as some companies' proxies do.
export class Proxy {
  mode = 'pass';
  upgrades = 0;
  #pairs = new Set();
  #target;
  #server = net.createServer(client => this.#accept(client));

  static async before(server) {
    const proxy = new Proxy();
    proxy.#target = server;
    await new Promise((resolve, reject) => {
      proxy.#server.on('error', reject).listen(0, '127.0.0.1', resolve);
    });
    proxy.port = proxy.#server.address().port;
    proxy.http = `http://127.0.0.1:${proxy.port}`;
    return proxy;
  }

  #accept(client) {
    client.on('error', () => {}); // A proxy that breaks links has broken links.
    client.once('data', head => {
      // Before it, Node's fetch would try again by itself, and again.
      if (this.mode === 'refuse') return client.destroy();
      const upgrade = /\r\nupgrade: *websocket/i.test(head.toString('latin1'));
      this.upgrades += upgrade;
      if (upgrade && this.mode === 'no-websocket')
        return client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\nConnection: close\r\n\r\nblocked');
      this.#join(client, head);
    });
  }

  #join(client, head) {
    const server = net.connect(this.#target.port, '127.0.0.1');
    const pair = {
      client,
      server,
      left: Infinity,
      end: () => {
        client.destroy();
        server.destroy();
        this.#pairs.delete(pair);
      },
    };
    this.#pairs.add(pair);
    server.on('error', pair.end).on('close', pair.end);
    client.on('close', pair.end);
    const up = data => {
      if (this.mode !== 'freeze') server.write(data);
    };
    client.on('data', up);
    up(head);
    server.on('data', data => {
      if (this.mode === 'freeze') return;
      client.write(data.subarray(0, pair.left));
      pair.left -= data.length;
      if (pair.left <= 0) client.end(() => pair.end());
    });
  }

  /// Ends every link, in the middle of whatever is under way.
  cut() {
    for (const pair of [...this.#pairs]) pair.end();
  }

  /// Ends every link after so many more bytes to the client: within a frame, if that is where they end.
  cutAfter(bytes) {
    for (const pair of this.#pairs) pair.left = bytes;
  }

  async close() {
    this.cut();
    await new Promise(resolve => this.#server.close(resolve));
  }
}

/// Runs `body` with a server and a proxy before it.
export const withProxy = (args, body) =>
  withServer(args, async server => {
    const proxy = await Proxy.before(server);
    try {
      return await body(server, proxy);
    } finally {
      await proxy.close();
    }
  });

/// A client that is disconnected afterwards, and remembers its states and errors.
export async function withClient(url, options, body) {
  const client = new FanfareClient(url, { ...quick, ...options });
  client.states = [];
  client.errors = [];
  client.onState(state => client.states.push(state));
  client.on('error', error => client.errors.push(error));
  try {
    return await body(client);
  } finally {
    client.disconnect();
  }
}

/// The client's status, as soon as `fits` likes it: a name of a state, or a question about client and status.
export function reaches(client, fits, ms = patience) {
  const question = typeof fits === 'string' ? ({ state }) => state === fits : fits;
  if (question(client.status)) return client.status;
  let off;
  const found = new Promise(resolve => {
    off = client.onState((state, status) => {
      if (question(status)) resolve(status);
    });
  });
  return deadline(found, ms, `state ${fits}; it was ${client.state}`).finally(() => off());
}

/// Subscribes, and keeps the messages, their payloads and what else the room said.
export function record(client, room, options = {}) {
  const seen = { messages: [], payloads: [], subscribed: [], recovered: [], gaps: [], rejected: [] };
  seen.subscription = client.subscribe(room, {
    message: message => {
      if (message.type === 'join' || message.type === 'leave') return;
      seen.messages.push(message);
      seen.payloads.push(message.payload);
    },
    subscribed: info => seen.subscribed.push(info),
    recovered: info => seen.recovered.push(info),
    gap: info => seen.gaps.push(info),
    rejected: error => seen.rejected.push(error),
    ...options,
  });
  seen.joined = (times = 1) =>
    eventually(() => seen.subscribed.length >= times, patience, `joined ${room} ${times} times`);
  seen.got = count => eventually(() => seen.payloads.length >= count, patience, `${count} messages of ${room}`);
  return seen;
}

/// Runs a script that imports the client, and answers its exit code; a script that does not end by itself fails.
export async function runToItsEnd(source, env) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      output += text;
    });
  const ended = new Promise(resolve => child.on('close', code => resolve({ code, output })));
  try {
    return await deadline(ended, patience, 'the script to end by itself; it said:\n' + output);
  } finally {
    child.kill('SIGKILL');
  }
}
