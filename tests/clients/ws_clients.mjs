// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Node's `ws` as the client: node ws_clients.mjs NOTIFICATION_SERVER [ECHO_SERVER]
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  Client, deadline, eventually, npmPackage, post, publish, runTests, startServer, stats, test,
} from './support.mjs';

const { WebSocket } = npmPackage('ws');
const [notificationServer, echoServer] = process.argv.slice(2);
const quiet = ['--no-self-telemetry'];
const open = (server, query = '', options = {}) => Client.open(WebSocket, server.ws + query, options);

/// Runs `body` with a server of its own, which is gone afterwards.
async function withServer(args, body) {
  const server = await startServer(notificationServer, args);
  try {
    await body(server);
  } finally {
    await server.stop();
  }
}

async function member(server, room, query, options) {
  const client = await open(server, query, options);
  const { payload } = await client.ask('subscribe', { rooms: [room] });
  assert.deepEqual(payload.rooms, [room]);
  return client;
}

test('the first message is `connected` and says who and how often to ping', () => withServer(quiet, async server => {
  const client = await open(server, '?user=alice');
  const { type, payload, timestamp } = await client.next(() => true, 'a first message');
  assert.equal(type, 'connected');
  assert.equal(payload.user_id, 'alice');
  assert.ok(String(payload.connection_id).length > 0);
  assert.ok(payload.ping_interval_ms > 0);
  assert.equal(typeof payload.resumable, 'boolean');
  assert.ok(Math.abs(Date.parse(payload.server_time) - Date.now()) < 60000);
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  const { code } = await client.end();
  assert.ok([1000, 1005].includes(code), `closing handshake answered with ${code}`);
}));

test('a subscribe echoes its request_id and names the refused rooms', () => withServer(quiet, async server => {
  const client = await open(server);
  const bad = ['no-such-namespace:1', 'group:', ''];
  const { type, payload } = await client.ask('subscribe', { rooms: ['global', ...bad, 'device:sensor-001'] });
  assert.equal(type, 'subscribed');
  assert.deepEqual([...payload.rooms].sort(), ['device:sensor-001', 'global']);
  assert.deepEqual(payload.rejected.map(({ room }) => room).sort(), [...bad].sort());
  for (const { code, message } of payload.rejected) assert.ok(code && message, 'a reason for every refused room');
  await client.end();
}));

for (const deflate of [false, true]) {
  test(`20 clients get 100 messages posted by HTTP, all in order${deflate ? ', with permessage-deflate' : ''}`,
    () => withServer(deflate ? [...quiet, '--deflate'] : quiet, async server => {
      const options = { perMessageDeflate: deflate && { threshold: 0 } };
      const clients = await Promise.all(Array.from({ length: 20 }, () => member(server, 'global', '', options)));
      for (const { socket } of clients) assert.equal(socket.extensions.startsWith('permessage-deflate'), deflate);
      const text = 'ünïcode "quotes" \\ 😀 ' + 'x'.repeat(3000);
      for (let n = 0; n < 100; n++)
        await publish(server, 'global', 'telemetry', { device_id: 'sensor-001', n, text });
      for (const client of clients)
        for (let n = 0; n < 100; n++) {
          const { room, payload } = await client.next('telemetry', `message ${n}`);
          assert.equal(room, 'global');
          assert.deepEqual(payload, { device_id: 'sensor-001', n, text });
        }
      await Promise.all(clients.map(client => client.end()));
    }));
}

test('an application-level ping is answered by a pong with its request_id', () => withServer(quiet, async server => {
  const client = await open(server);
  client.send({ type: 'ping', request_id: 'beat-7' });
  assert.equal((await client.next('pong')).request_id, 'beat-7');
  await client.end();
}));

test('a WebSocket ping is answered with the same bytes', () => withServer(quiet, async server => {
  const client = await open(server);
  const body = randomBytes(125);
  const pong = new Promise(resolve => client.socket.once('pong', resolve));
  client.socket.ping(body);
  assert.deepEqual(await deadline(pong, 10000, 'pong'), body);
  await client.end();
}));

test('who has left a room gets nothing from it', () => withServer(quiet, async server => {
  const client = await open(server);
  await client.ask('subscribe', { rooms: ['global', 'device:a'] });
  const { type, payload } = await client.ask('unsubscribe', { rooms: ['device:a'] });
  assert.equal(type, 'unsubscribed');
  assert.deepEqual(payload.rooms, ['global']);
  assert.deepEqual(payload.left, ['device:a']);
  await publish(server, 'device:a', 'telemetry', { device_id: 'a', n: 1 });
  await publish(server, 'global', 'telemetry', { device_id: 'a', n: 2 }); // Comes later, so it proves the silence.
  assert.equal((await client.next('telemetry')).payload.n, 2);
  await client.end();
}));

test('bad messages are answered with an error and the connection stays', () => withServer(quiet, async server => {
  const client = await member(server, 'global');
  const bad = ['{"type":', '[]', '{}', '{"type":7}', '"ping"', '[['.repeat(1000),
    '{"type":"subscribe","payload":{"rooms":"global"}}'];
  for (const text of bad) {
    client.send(text);
    const { payload } = await client.next('error', `error for ${text.slice(0, 40)}`);
    assert.ok(payload.code && payload.message, text.slice(0, 40));
  }
  assert.equal((await client.ask('no_such_type', {})).type, 'error');
  await publish(server, 'global', 'alert', { message: 'still here' });
  assert.equal((await client.next('alert')).payload.message, 'still here');
  await client.end();
}));

test('malformed publishes are refused with a status and a reason', () => withServer(quiet, async server => {
  const unknown = { room: 'no-such-namespace:1', type: 'alert', payload: {} };
  for (const body of ['{', '[]', '{}', { room: 'global' }, unknown]) {
    const { status, body: answer } = await post(server, '/api/v1/publish', body);
    assert.ok(status >= 400 && status < 500, `${JSON.stringify(body)} answered ${status}`);
    assert.ok(answer.error.code && answer.error.message);
  }
}));

for (const returns of [true, false]) {
  const name = returns ? 'hears why when it reads again' : 'does not stay for ever';
  test(`a stalled client never delays the others, and ${name}`, () => withServer(quiet, async server => {
    const [stalled, healthy] = [await member(server, 'device:big'), await member(server, 'device:big')];
    assert.equal((await stats(server)).connections, 2);
    stalled.socket.pause();
    const text = randomBytes(24 * 1024).toString('base64');
    const most = 4000; // 128 MiB: more than any kernel buffer and outbox together.
    let sent = 0, slowest = 0, dropped = false;
    while (!dropped && sent < most) {
      const begin = performance.now();
      await publish(server, 'device:big', 'telemetry', { device_id: 'big', n: sent, text });
      const { payload } = await healthy.next('telemetry', `message ${sent}`);
      slowest = Math.max(slowest, performance.now() - begin);
      assert.equal(payload.n, sent++);
      assert.equal(payload.text, text);
      if (sent % 20 === 0) dropped = (await stats(server)).slow_closed === 1;
    }
    assert.ok(dropped, `nobody was too slow after ${sent} messages`);
    assert.ok(slowest < 2000, `one message took the healthy client ${Math.round(slowest)} ms`);
    const gone = async () => (await stats(server)).connections === 1;
    if (!returns) await eventually(gone, 20000, 'end of the client that never reads');
    stalled.socket.resume();
    const { code, reason } = await deadline(stalled.closed, 30000, 'end of the stalled client');
    if (returns) await eventually(gone, 20000, 'end of the client that was told');
    // 1006: cut off, if not even a close frame fitted into the kernel's buffers any more.
    assert.ok(returns ? code === 3008 : [3008, 1006].includes(code), `closed with ${code} ${reason}`);
    const numbers = stalled.messages.filter(({ type }) => type === 'telemetry').map(({ payload }) => payload.n);
    assert.deepEqual(numbers, numbers.map((_, n) => n), 'what the stalled client did get has no hole');
    const wait = slowest.toFixed(1);
    console.log(`        too slow after ${sent} messages; the other waited ${wait} ms at most`);
    await healthy.end();
  }));
}

test('stats count connections, rooms and users', () => withServer(quiet, async server => {
  const before = await stats(server);
  assert.equal(before.connections, 0);
  const clients = [await member(server, 'global', '?user=a'), await member(server, 'global', '?user=a'),
    await member(server, 'device:x', '?user=b')];
  const during = await stats(server);
  assert.equal(during.connections, 3);
  assert.equal(during.users, 2);
  assert.ok(during.rooms >= 2);
  await Promise.all(clients.map(client => client.end()));
  await eventually(async () => (await stats(server)).connections === 0, 10000, 'no connections left');
}));

test('an orderly end closes everybody with a code to reconnect on and a delay', async () => {
  const server = await startServer(notificationServer, quiet);
  const clients = await Promise.all(Array.from({ length: 10 }, () => member(server, 'global')));
  const [status, signal] = await server.stop('SIGTERM');
  assert.equal(signal, null);
  assert.equal(status, 0);
  for (const client of clients) {
    const { code, reason } = await deadline(client.closed, 10000, 'close');
    assert.equal(code, 3001);
    const { reason: why, delay_ms } = JSON.parse(reason);
    assert.equal(why, 'shutdown');
    assert.ok(Number.isInteger(delay_ms) && delay_ms >= 0 && delay_ms <= 120000, reason);
  }
});

const guarded = ['--auth', 'ticket', '--admin-key', 'secret-key', ...quiet];
const refusal = async promise => promise.then(() => assert.fail('was let in'), error => error);

test('without a ticket the upgrade is refused with 401 and a reason', () => withServer(guarded, async server => {
  for (const query of ['', '?ticket=', '?ticket=wrong', '?user=alice']) {
    const { status, text } = await refusal(open(server, query));
    assert.equal(status, 401, query);
    assert.ok(JSON.parse(text).error.code, text);
  }
  assert.equal((await post(server, '/api/v1/tickets', { user_id: 'alice' })).status, 401);
  assert.equal((await post(server, '/api/v1/tickets', { user_id: 'alice' }, 'wrong-key')).status, 401);
}));

test('a ticket lets its user in once', () => withServer(guarded, async server => {
  const { status, body } = await post(server, '/api/v1/tickets', { user_id: 'alice' }, 'secret-key');
  assert.ok(status === 200 || status === 201, `tickets answered ${status}`);
  assert.ok(body.expires_in >= 30 && body.expires_in <= 60);
  const query = '?ticket=' + encodeURIComponent(body.ticket);
  const client = await open(server, query);
  assert.equal((await client.next('connected')).payload.user_id, 'alice');
  assert.equal((await refusal(open(server, query))).status, 401);
  await client.end();
}));

test('of 50 clients with one ticket exactly one gets in', () => withServer(guarded, async server => {
  const { body } = await post(server, '/api/v1/tickets', { user_id: 'alice' }, 'secret-key');
  const query = '?ticket=' + encodeURIComponent(body.ticket);
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => open(server, query)));
  const inside = results.filter(({ status }) => status === 'fulfilled');
  const outside = results.filter(({ status }) => status === 'rejected');
  assert.equal(inside.length, 1);
  for (const { reason } of outside) assert.equal(reason.status, 401, reason.message);
  await inside[0].value.end();
}));

if (echoServer) {
  test('the echo server returns every message as it was, with and without permessage-deflate', async () => {
    const server = await startServer(echoServer, ['--deflate']);
    try {
      for (const perMessageDeflate of [false, { threshold: 0 }]) {
        const socket = new WebSocket(`ws://${server.host}:${server.port}/`, { perMessageDeflate });
        const opened = new Promise((resolve, reject) => { socket.once('open', resolve).once('error', reject); });
        await deadline(opened, 15000, 'open');
        assert.equal(socket.extensions.startsWith('permessage-deflate'), perMessageDeflate !== false);
        for (const size of [0, 1, 125, 126, 4000, 65535, 65536, 200000])
          for (const body of [randomBytes(size), Buffer.from('ä'.repeat(size / 2 | 0)).toString()]) {
            const back = once(socket, 'message');
            socket.send(body);
            const [data, binary] = await deadline(back, 15000, `echo of ${size} bytes`);
            assert.deepEqual(binary ? data : data.toString(), body);
          }
        const closed = new Promise(resolve => socket.once('close', resolve));
        socket.close();
        await deadline(closed, 15000, 'closing handshake');
      }
    } finally {
      await server.stop();
    }
  });
}

await runTests();
