// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Handlers, callers and servers that do what they should not, and crowds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withFake } from './fake.mjs';
import {
  eventually,
  FanfareClient,
  patience,
  publish,
  reaches,
  record,
  runToItsEnd,
  WebSocket,
  withClient,
  withProxy,
  withServer,
} from './support.mjs';

const limit = { timeout: 60000 };
const codes = client => client.errors.map(({ code }) => code);

for (const transport of ['websocket', 'sse'])
  test(`a hundred rooms that are left at once are left, over ${transport}`, limit, () =>
    withServer([], server =>
      withClient(`${server.http}/api/v1/ws?user=al`, { transports: [transport] }, async client => {
        const all = Array.from({ length: 120 }, (_, n) => record(client, `chat:${n}`));
        client.connect();
        await eventually(() => all.every(({ subscribed }) => subscribed.length), patience, 'all rooms joined');
        for (const { subscription } of all.slice(1)) subscription.unsubscribe();
        const again = record(client, 'chat:5');
        await again.joined();
        const { rooms } = await client.request('unsubscribe', { rooms: ['chat:99'] });
        assert.deepEqual(rooms.sort(), ['chat:0', 'chat:5', 'user:al']);
        await publish(server, 'chat:5', 'n', 1);
        await again.got(1);
        assert.deepEqual([codes(client), again.payloads], [[], [1]]);
      }),
    ),
  );

test('what the server sends and makes no sense is told, and what follows is heard', limit, () =>
  withFake(async (fake, client) => {
    const seen = record(client, 'device:a');
    client.connect();
    await seen.joined();
    const nonsense = ['null', '7', '[]', '{}', '{"type":"gap"}', '{"type":"error"}', '{"type":"badge"}'];
    for (const text of nonsense) fake.sockets[0].send(text);
    fake.sockets[0].say('n', { room: 'device:a', payload: 1 });
    await seen.got(1);
    assert.deepEqual(codes(client), Array(nonsense.length).fill('bad_message'));
    assert.deepEqual([client.state, fake.sockets.length], ['connected', 1]);
  }),
);

test('an answer to subscribe that makes no sense is no reason to wait for ever', limit, () => {
  const instead = (socket, { type, request_id }, say) => {
    if (type !== 'subscribe' || socket.second) return false;
    say('subscribed', { request_id, payload: null });
    return true;
  };
  return withFake(
    async (fake, client) => {
      client.on('close', () => fake.sockets.forEach(socket => socket.close()));
      const seen = record(client, 'device:a');
      client.connect();
      await eventually(() => client.errors.length, patience, 'an error');
      assert.equal(client.errors[0].code, 'bad_message');
      assert.equal(seen.subscribed.length, 0);
      await eventually(() => fake.sockets.length > 1, patience, 'another connection');
    },
    { instead },
  );
});

test("an answer that comes too late is nobody's", limit, () => {
  const late = [];
  const handle = (socket, { request_id }, say) => late.push(() => say('sum', { request_id, payload: 1 }));
  return withFake(
    async (fake, client) => {
      const heard = [];
      client.on('message', ({ type }) => heard.push(type));
      client.connect();
      await reaches(client, 'connected'); // The time in the queue would count.
      await assert.rejects(client.request('sum', 1, { timeout: 20 }), { code: 'timed_out' });
      await eventually(() => late.length, patience, 'the request');
      late[0]();
      fake.sockets[0].say('n');
      await eventually(() => heard.includes('n'), patience, 'the message after it');
      assert.deepEqual(heard, ['n']);
    },
    { handle },
  );
});

test('a handler of errors that throws is not asked again about itself, and not hidden', limit, async () => {
  const { code, output } = await runToItsEnd(
    `import { FanfareClient } from '../dist/fanfare_client.js';
     import { withFake } from './fake.mjs';
     let calls = 0, thrown = 0;
     process.on('uncaughtException', error => { if (error.message === 'mine') thrown++; });
     await withFake(async (fake, own) => {
       own.on('error', () => { calls++; throw new Error('mine'); });
       own.connect();
       await new Promise(resolve => own.on('connected', resolve));
       const next = new Promise(resolve => own.on('message', resolve));
       fake.sockets[0].send('no JSON');
       fake.sockets[0].say('n');
       await next;
     });
     console.log(calls, thrown);`,
    {},
  );
  assert.deepEqual([code, output.trim()], [0, '1 1']);
});

test('who is unsubscribed or taken away by another handler does not hear the message any more', limit, () =>
  withFake(async (fake, client) => {
    const heard = [];
    const first = client.subscribe('device:a', {
      on: {
        n: () => {
          heard.push('on');
          first.unsubscribe();
          second.subscription.unsubscribe();
          off();
        },
      },
      message: () => heard.push('message'),
    });
    const second = record(client, 'device:a');
    const off = client.on('message', () => heard.push('client'));
    const third = record(client, 'device:a');
    client.connect();
    await third.joined();
    fake.sockets[0].say('n', { room: 'device:a', payload: 1 });
    await third.got(1);
    assert.deepEqual([heard, second.payloads], [['on'], []]);
  }),
);

test('a room that is left and joined again in one turn is left first, whatever else is joined then', limit, () =>
  withFake(async (fake, client) => {
    const room = record(client, 'device:a');
    client.connect();
    await room.joined();
    record(client, 'device:b');
    room.subscription.unsubscribe();
    await record(client, 'device:a').joined();
    assert.deepEqual(
      fake.got.slice(1).map(({ type, payload }) => [type, payload.rooms]),
      [
        ['unsubscribe', ['device:a']],
        ['subscribe', ['device:b', 'device:a']],
      ],
    );
  }),
);

test('a handler that disconnects as a room is joined keeps the next rooms from being told', limit, () =>
  withFake(async (fake, client) => {
    const told = [];
    for (const room of ['device:a', 'device:b'])
      client.subscribe(room, {
        subscribed: () => {
          told.push(room);
          client.disconnect();
        },
      });
    client.connect();
    await eventually(() => told.length, patience, 'one room');
    assert.deepEqual([told, client.state], [['device:a'], 'idle']);
  }),
);

test('a handler that disconnects as its list becomes stale is the end of everything', limit, async () => {
  const { code, output } = await runToItsEnd(
    `import { FanfareClient } from '../dist/fanfare_client.js';
     import { withFake } from './fake.mjs';
     import { patience, eventually, quick, reaches } from './support.mjs';
     await withFake(async fake => {
       const client = new FanfareClient(fake.url, { ...quick, transports: ['websocket'] });
       const room = client.subscribe('device:a');
       client.connect();
       await eventually(() => room.joined, patience, 'the room');
       client.inbox.onStale(() => client.disconnect());
       fake.sockets[0].close(3000);
       await reaches(client, 'waiting');
       console.log(room.joined);
       await reaches(client, 'idle');
       console.log(fake.got.length);
     });`,
    {},
  );
  assert.deepEqual([code, output], [0, 'false\n1\n']);
});

test('a handler that hears of the disconnect may connect again and ask', limit, () => {
  const handle = (socket, { type, request_id }, say) => say(type, { request_id, payload: 'here' });
  return withFake(
    async (fake, client) => {
      client.connect();
      await reaches(client, 'connected');
      let answer;
      const off = client.onState(state => {
        if (state !== 'idle') return;
        off();
        client.connect();
        answer = client.request('x');
      });
      client.disconnect();
      assert.equal(await answer, 'here');
    },
    { handle },
  );
});

test('who subscribes to a room that is joined already is told so, and knows where it is', limit, () =>
  withServer([], server =>
    withClient(`${server.http}/api/v1/ws?user=al`, {}, async client => {
      const ids = [];
      client.onState(state => state === 'connected' && ids.push(client.connectionId, client.userId));
      const first = record(client, 'chat:a');
      client.connect();
      await first.joined();
      await publish(server, 'chat:a', 'n', 1);
      await first.got(1);
      const second = record(client, 'chat:a');
      await second.joined();
      assert.deepEqual(second.subscribed, [{ room: 'chat:a', first: true, position: first.subscription.position }]);
      assert.equal(first.subscribed.length, 1);
      assert.deepEqual(ids, [client.connectionId, 'al']);
    }),
  ),
);

test('what would spoil the wishes of others is refused at once', () => {
  const client = new FanfareClient('ws://127.0.0.1:1/ws', { WebSocket });
  const bad = { code: 'invalid_argument' };
  for (const room of ['', null, undefined, 7, 'chat:\ud800']) assert.throws(() => client.subscribe(room), bad);
  for (const last of [-1, 1.5, NaN, '5']) assert.throws(() => client.subscribe('chat:a', { last }), bad);
  for (const since of ['x', {}, { epoch: 'abc', offset: 1 }, { epoch: 'a'.repeat(16), offset: -1 }])
    assert.throws(() => client.subscribe('chat:a', { since }), bad);
  client.subscribe('chat:a', { since: null, last: 0 }).unsubscribe(); // What a page without a stored position has.
});

test('a room that spoils a wish does not keep the others out', limit, () => {
  const instead = (socket, { type, payload, request_id }, say) => {
    if (type !== 'subscribe' || !payload.rooms.includes('bad')) return false;
    say('error', { request_id, payload: { code: 'invalid_message', message: 'no' } });
    return true;
  };
  return withFake(
    async (fake, client) => {
      const bad = record(client, 'bad');
      const good = record(client, 'device:a');
      client.connect();
      await good.joined();
      await eventually(() => bad.rejected.length, patience, 'a rejection');
      assert.deepEqual([bad.rejected[0].code, bad.rejected[0].message], ['invalid_message', 'bad: no']);
      assert.equal(good.rejected.length, 0);
    },
    { instead },
  );
});

test('a ticket function that hangs is given up, and one that answers after the end opens nothing', limit, () => {
  let answer;
  const asked = [];
  const ticket = ({ signal }) => {
    asked.push(signal);
    return asked.length === 1 ? new Promise(() => {}) : new Promise(resolve => (answer = resolve));
  };
  return withFake(
    async (fake, client) => {
      client.connect();
      client.connect();
      await eventually(() => answer, patience, 'a second question');
      assert.deepEqual(codes(client), ['credential_failed']);
      client.disconnect();
      assert.equal(asked[1].aborted, true);
      answer('late');
      await new Promise(resolve => setImmediate(resolve));
      client.connect();
      await eventually(() => asked.length === 3, patience, 'the question of the next life');
      answer('fresh');
      await reaches(client, 'connected');
      assert.equal(fake.sockets.length, 1);
    },
    { options: { ticket, connectTimeout: 300 } },
  );
});

test('times that are longer than any timer are long, not short', limit, () => {
  const handle = (socket, { type, request_id }, say) => {
    if (type === 'y') say('y', { request_id, payload: 'y' });
  };
  return withFake(
    async (fake, client) => {
      client.connect();
      const never = client.request('x').catch(({ code }) => code);
      for (let n = 0; n < 20; n++) assert.equal(await client.request('y'), 'y');
      assert.deepEqual(
        fake.got.filter(({ type }) => type === 'ping'),
        [],
      );
      client.disconnect();
      assert.equal(await never, 'closed');
    },
    { handle, options: { pingInterval: Infinity, requestTimeout: Infinity, connectTimeout: 2 ** 40 } },
  );
});

test('what waits behind a link that is full goes out when it is not, without another word', limit, () =>
  withFake(async (fake, client) => {
    client.connect();
    await reaches(client, 'connected');
    await eventually(() => fake.sockets.length, patience, 'the link');
    fake.sockets[0].pause();
    let sent = 0;
    assert.throws(
      () => {
        for (; sent < 10000; sent++) client.send('n', 'x'.repeat(8000));
      },
      { code: 'queue_full' },
    );
    assert.ok(client.queued > 0);
    const late = record(client, 'device:a'); // What the client itself has to say is not kept back.
    fake.sockets[0].resume();
    await late.joined();
    await eventually(() => client.queued === 0 && fake.got.length > sent, patience, 'all of it');
  }),
);

test('an attempt that hangs on a network that is gone is begun anew when another one is there', limit, async () => {
  globalThis.window = new EventTarget();
  try {
    await withProxy([], async (server, proxy) => {
      const options = { transports: ['websocket'], connectTimeout: 600_000 };
      await withClient(`${proxy.http}/api/v1/ws?user=al`, options, async client => {
        proxy.mode = 'freeze';
        client.connect();
        await eventually(() => proxy.upgrades, patience, 'an attempt');
        proxy.mode = 'pass';
        await eventually(
          () => {
            window.dispatchEvent(new Event('online'));
            return client.state === 'connected';
          },
          patience,
          'a connection',
        );
      });
    });
  } finally {
    delete globalThis.window;
  }
});

test('when the network returns a link that seems to be there is asked at once', limit, async () => {
  globalThis.window = new EventTarget();
  try {
    await withFake(
      async (fake, client) => {
        client.connect();
        await reaches(client, 'connected');
        window.dispatchEvent(new Event('online'));
        await eventually(() => fake.got.some(({ type }) => type === 'ping'), patience, 'a ping');
        assert.equal(client.state, 'connected');
      },
      { options: { pingInterval: 600_000 } },
    );
  } finally {
    delete globalThis.window;
  }
});

test('a payload that is no JSON is an error of the client, and an empty key is not taken for none', limit, () =>
  withServer(['--open-publish'], server =>
    withClient(`${server.http}/api/v1/ws?user=al`, {}, async client => {
      client.connect();
      const round = {};
      round.round = round;
      const bad = { code: 'invalid_argument' };
      await assert.rejects(client.publish('chat:a', 'n', round), bad);
      await assert.rejects(client.publish('chat:a', 'n', '👍'.slice(0, 1)), bad);
      assert.equal((await client.publish('chat:a', 'n', '👍 \\ud800')).room, 'chat:a');
      await assert.rejects(client.publish('chat:a', 'n', 1, { idempotencyKey: '' }), { code: 'invalid_message' });
      await assert.rejects(client.history('chat:a', { limit: 0 }), { code: 'invalid_message' });
    }),
  ),
);
