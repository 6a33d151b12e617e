// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Against the real server: kills, restarts, links that freeze or break. Everything arrives exactly once, or is told.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import {
  deadline,
  eventually,
  patience,
  post,
  publish,
  reaches,
  record,
  withClient,
  withFolder,
  withProxy,
  withServer,
} from './support.mjs';

const limit = { timeout: 120000 };
const numbers = (from, to) => Array.from({ length: to - from }, (_, n) => from + n);
const publishAll = async (server, room, from, to) => {
  for (const n of numbers(from, to)) await publish(server, room, 'n', n);
};
const stats = async server => (await fetch(server.http + '/api/v1/ws/stats')).json();
const both = [['websocket'], ['sse']];

for (const transports of both)
  test(`over ${transports}: a server that is killed and restarted loses nobody a message`, limit, () =>
    withFolder(folder =>
      withServer(['--sqlite', path.join(folder, 'history.db')], server =>
        withClient(server.http + '/api/v1/ws?user=alice', { transports }, async client => {
          client.connect();
          const seen = record(client, 'chat:a');
          await seen.joined();
          await publishAll(server, 'chat:a', 0, 20);
          await seen.got(20);
          await server.restart('SIGKILL');
          await publishAll(server, 'chat:a', 20, 40);
          await seen.got(40);
          assert.deepEqual(seen.payloads, numbers(0, 40));
          assert.deepEqual(
            seen.recovered.map(({ recovered }) => recovered),
            [true],
          );
          assert.deepEqual(seen.gaps, []);
          assert.ok(client.states.includes('waiting'));
        }),
      ),
    ),
  );

for (const transports of both)
  test(
    `over ${transports}: a burst while the link is cut again and again arrives exactly once and in order`,
    limit,
    () =>
      withProxy([], (server, proxy) =>
        withClient(proxy.http + '/api/v1/ws?user=alice', { transports }, async client => {
          client.connect();
          const seen = record(client, 'chat:a');
          await seen.joined();
          for (let part = 0; part < 5; part++) {
            proxy.cutAfter(1000 + 777 * part); // within a frame, or within an event
            await publishAll(server, 'chat:a', 100 * part, 100 * part + 100);
            await eventually(() => seen.subscribed.length >= part + 2, patience, 'joined again');
          }
          await seen.got(500);
          assert.deepEqual(seen.payloads, numbers(0, 500));
          assert.deepEqual(seen.gaps, []);
          assert.ok(seen.recovered.length >= 5 && seen.recovered.every(({ recovered }) => recovered));
        }),
      ),
  );

for (const transports of both)
  test(`over ${transports}: a link that freezes is noticed, and nothing is lost`, limit, () =>
    withProxy([], (server, proxy) => {
      const timing = { transports, pingInterval: 300, pongTimeout: 2000, connectTimeout: 2000 };
      return withClient(proxy.http + '/api/v1/ws?user=alice', timing, async client => {
        client.connect();
        const seen = record(client, 'chat:a');
        await seen.joined();
        await publishAll(server, 'chat:a', 0, 5);
        await seen.got(5);
        proxy.mode = 'freeze';
        await publishAll(server, 'chat:a', 5, 10);
        await reaches(client, 'waiting');
        proxy.mode = 'pass';
        await seen.got(10);
        await publishAll(server, 'chat:a', 10, 12);
        await seen.got(12);
        assert.deepEqual(seen.payloads, numbers(0, 12));
        assert.deepEqual(seen.gaps, []);
        // The server still believed in the frozen one; the resume token has told it better.
        await eventually(
          async () => (await stats(server)).connections === 1,
          patience,
          'the end of the frozen connection',
        );
      });
    }),
  );

test('messages for the user alone are recovered, too, and a notification is shown once', limit, () =>
  withProxy([], (server, proxy) =>
    withClient(proxy.http + '/api/v1/ws?user=alice', {}, async client => {
      const titles = [];
      client.inbox.onNotification(({ title }) => titles.push(title));
      client.connect();
      await reaches(client, 'connected');
      const notify = title => post(server, '/api/v1/notify', { user_id: 'alice', title, message: 'm' });
      await notify('one');
      await eventually(() => titles.length === 1, patience, 'the first');
      proxy.mode = 'refuse';
      proxy.cut();
      await notify('two');
      await notify('three');
      proxy.mode = 'pass';
      await reaches(client, 'connected');
      await notify('four');
      await eventually(() => titles.includes('four') && titles.includes('three'), patience, 'the others');
      assert.deepEqual([...titles].sort(), ['four', 'one', 'three', 'two']);
      await eventually(() => client.inbox.badge?.unread === 4, patience, 'the badge');
    }),
  ),
);

test('what the history does not hold any more is told', limit, () =>
  withProxy([], (server, proxy) =>
    withClient(proxy.http + '/api/v1/ws', {}, async client => {
      client.connect();
      const seen = record(client, 'chat:a');
      await seen.joined();
      await publishAll(server, 'chat:a', 0, 3);
      await seen.got(3);
      proxy.mode = 'refuse';
      proxy.cut();
      await reaches(client, 'waiting');
      await publishAll(server, 'chat:a', 3, 1100);
      proxy.mode = 'pass';
      await eventually(() => seen.gaps.length, patience, 'a gap');
      assert.equal(seen.gaps[0].reason, 'not_recovered');
      assert.deepEqual(
        seen.recovered.map(({ recovered }) => recovered),
        [false],
      );
      await publishAll(server, 'chat:a', 1100, 1102);
      await seen.got(5);
      assert.deepEqual(seen.payloads, [0, 1, 2, 1100, 1101]);
    }),
  ),
);

test('a history that began anew with the server is told', limit, () =>
  withServer([], server =>
    withClient(server.http + '/api/v1/ws', {}, async client => {
      client.connect();
      const seen = record(client, 'chat:a');
      await seen.joined();
      await publishAll(server, 'chat:a', 0, 3);
      await seen.got(3);
      await server.restart();
      await seen.joined(2);
      assert.equal(seen.gaps[0].reason, 'not_recovered');
      await publishAll(server, 'chat:a', 3, 5);
      await seen.got(5);
      assert.deepEqual(seen.payloads, [0, 1, 2, 3, 4]);
    }),
  ),
);

test('a page that is loaded again goes on where the last one was', limit, () =>
  withServer([], async server => {
    let position;
    await withClient(server.http + '/api/v1/ws', {}, async client => {
      client.connect();
      const seen = record(client, 'chat:a');
      await seen.joined();
      await publishAll(server, 'chat:a', 0, 3);
      await seen.got(3);
      position = seen.subscription.position;
    });
    await publishAll(server, 'chat:a', 3, 6);
    await withClient(server.http + '/api/v1/ws', {}, async client => {
      const seen = record(client, 'chat:a', { since: position });
      client.connect();
      await seen.got(3);
      assert.deepEqual(seen.payloads, [3, 4, 5]);
      const newest = record(client, 'chat:b', { last: 2 });
      await newest.joined();
      assert.deepEqual(newest.payloads, []);
    });
    await withClient(server.http + '/api/v1/ws', {}, async client => {
      const seen = record(client, 'chat:a', { last: 2 });
      client.connect();
      await seen.got(2);
      await publishAll(server, 'chat:a', 6, 7);
      await seen.got(3);
      assert.deepEqual(seen.payloads, [4, 5, 6]);
    });
  }),
);

test(
  'an orderly shutdown is obeyed: the client comes back, not before the delay that the server named',
  limit,
  () =>
    withServer([], server =>
      withClient(server.http + '/api/v1/ws', {}, async client => {
        client.connect();
        await reaches(client, 'connected');
        const closed = new Promise(resolve =>
          client.on('close', info => resolve({ ...info, status: client.status, now: Date.now() })),
        );
        await server.stop('SIGTERM');
        const { code, reason, delay, reconnect, status, now } = await deadline(closed, patience, 'close');
        assert.deepEqual([code, reason, reconnect, status.state], [3001, 'shutdown', true, 'waiting']);
        assert.ok(
          delay >= 0 && Math.abs(status.nextAttempt - now - delay) < 2000,
          `${delay} ${status.nextAttempt - now}`,
        );
        client.disconnect();
        assert.equal(client.state, 'idle');
      }),
    ),
);

test('requests wait for the connection, in order; what does not fit is refused', limit, () =>
  withProxy(['--open-publish'], (server, proxy) =>
    withClient(proxy.http + '/api/v1/ws', { maxQueue: 5 }, async client => {
      proxy.mode = 'refuse';
      client.connect();
      const all = numbers(0, 5).map(n => client.publish('chat:a', 'n', n));
      await assert.rejects(client.publish('chat:a', 'n', 5), { code: 'queue_full' });
      assert.throws(() => client.send('anything'), { code: 'queue_full' });
      assert.equal(client.queued, 5);
      proxy.mode = 'pass';
      assert.deepEqual(
        (await Promise.all(all)).map(({ offset }) => offset),
        [1, 2, 3, 4, 5],
      );
      const page = await client.history('chat:a').catch(error => error.code);
      assert.equal(page, 'forbidden', 'only members may read it');
      await record(client, 'chat:a').joined();
      assert.deepEqual(
        (await client.history('chat:a', { order: 'newest', limit: 2 })).messages.map(({ payload }) => payload),
        [4, 3],
      );
      await assert.rejects(client.request('dance'), { code: 'unknown_type' });
    }),
  ),
);

test('a trace arrives with the message, over WebSocket and SSE, and a bad one is refused', limit, () =>
  withServer(['--open-publish'], server =>
    withClient(server.http + '/api/v1/ws', {}, client =>
      withClient(server.http + '/api/v1/ws', { transports: ['sse'] }, async listener => {
        client.connect();
        listener.connect();
        const seen = [record(client, 'chat:a'), record(listener, 'chat:a')];
        for (const one of seen) await one.joined();
        const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
        await client.publish('chat:a', 'n', 1, { trace });
        await listener.publish('chat:a', 'n', 2, { trace });
        await client.publish('chat:a', 'n', 3);
        for (const one of seen) {
          await one.got(3);
          assert.deepEqual(
            one.messages.map(message => message.trace),
            [trace, trace, undefined],
          );
        }
        await assert.rejects(client.publish('chat:a', 'n', 4, { trace: 'none' }), { code: 'invalid_message' });
      }),
    ),
  ),
);

test('a publish with an idempotency key survives a link that breaks before its answer', limit, () =>
  withProxy(['--open-publish'], (server, proxy) =>
    withClient(proxy.http + '/api/v1/ws', { connectTimeout: 2000 }, async client => {
      client.connect();
      const seen = record(client, 'chat:a');
      await seen.joined();
      proxy.mode = 'freeze';
      const kept = client.publish('chat:a', 'n', 1, { idempotencyKey: 'k1' });
      const lost = client.publish('chat:a', 'n', 2);
      lost.catch(() => {});
      proxy.mode = 'pass';
      proxy.cut();
      await assert.rejects(lost, { code: 'connection_lost' });
      assert.equal(typeof (await kept).offset, 'number');
      await seen.got(1);
      assert.equal(seen.payloads.filter(payload => payload === 1).length, 1);
    }),
  ),
);

test('a flood of bad messages ends with a code above 3500, and the client stays away', limit, () =>
  withServer([], server =>
    withClient(server.http + '/api/v1/ws', {}, async client => {
      client.connect();
      await reaches(client, 'connected');
      for (let n = 0; n < 40; n++) client.send('dance', n);
      const status = await reaches(client, 'closed');
      assert.equal(status.code, 3501);
      await assert.rejects(client.presence('chat:a'), { code: 'not_connected' });
      client.connect();
      await reaches(client, 'connected');
    }),
  ),
);

test('a room is left with its last subscription, and can be joined again at once', limit, () =>
  withServer([], server =>
    withClient(server.http + '/api/v1/ws', {}, async client => {
      client.connect();
      const [one, two] = [record(client, 'chat:a'), record(client, 'chat:a')];
      await one.joined();
      await publishAll(server, 'chat:a', 0, 1);
      await two.got(1);
      one.subscription.unsubscribe();
      await publishAll(server, 'chat:a', 1, 2);
      await two.got(2);
      assert.deepEqual(one.payloads, [0]);
      two.subscription.unsubscribe();
      const three = record(client, 'chat:a');
      await three.joined();
      await publishAll(server, 'chat:a', 2, 3);
      await three.got(1);
      assert.deepEqual([one.payloads, two.payloads, three.payloads], [[0], [0, 1], [2]]);
      three.subscription.unsubscribe();
      await eventually(async () => (await stats(server)).rooms === 0, patience, 'the room to be gone');
    }),
  ),
);

test('more rooms than fit into one message are joined, and joined again', limit, () =>
  withProxy([], (server, proxy) =>
    withClient(proxy.http + '/api/v1/ws', {}, async client => {
      const rooms = numbers(0, 120).map(n => record(client, `chat:${'x'.repeat(90)}${n}`));
      client.connect();
      await Promise.all(rooms.map(room => room.joined()));
      proxy.cut();
      await Promise.all(rooms.map(room => room.joined(2)));
      for (const { recovered, rejected } of rooms)
        assert.deepEqual([recovered.map(info => info.recovered), rejected], [[true], []]);
      const refused = record(client, 'nowhere:1');
      await eventually(() => refused.rejected.length, patience, 'a refusal');
      assert.equal(refused.rejected[0].code, 'unknown_room');
    }),
  ),
);
