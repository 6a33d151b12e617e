// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Against a small server of the test's own: what the real one does only on bad days.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { withFake } from './fake.mjs';
import { eventually, patience, reaches, record, WebSocketServer, withClient } from './support.mjs';

const limit = { timeout: 60000 };
const epoch = 'aaaaaaaaaaaaaaaa';

for (const code of [1001, 1012, 3000, 3002, 3008, 3499])
  test(`close code ${code}: the client comes back`, limit, () =>
    withFake(async (fake, client) => {
      client.connect();
      await reaches(client, 'connected');
      fake.sockets[0].close(code, 'because');
      const { reason, code: told } = await reaches(client, 'waiting');
      assert.deepEqual([told, reason], [code, 'because']);
      await reaches(client, 'connected');
    }),
  );

for (const code of [1000, 1003, 1009, 3500, 3503, 3999])
  test(`close code ${code}: the client stays away`, limit, () =>
    withFake(async (fake, client) => {
      client.connect();
      await reaches(client, 'connected');
      fake.sockets[0].close(code, 'because');
      const status = await reaches(client, 'closed');
      assert.deepEqual([status.code, status.reason], [code, 'because']);
      assert.equal(fake.sockets.length, 1);
    }),
  );

test('a delay that the server names is not shortened, not even when the network returns', limit, async () => {
  globalThis.window = new EventTarget();
  try {
    await withFake(async (fake, client) => {
      client.connect();
      await reaches(client, 'connected');
      fake.sockets[0].close(3001, JSON.stringify({ reason: 'shutdown', delay_ms: 1500 }));
      const { nextAttempt } = await reaches(client, 'waiting');
      window.dispatchEvent(new Event('online'));
      assert.equal(client.state, 'waiting');
      await reaches(client, 'connected');
      assert.ok(Date.now() >= nextAttempt - 20, 'not before the time');
    });
  } finally {
    delete globalThis.window;
  }
});

test(
  'when the network returns or the page is shown the client comes back at once, and after disconnect() nobody listens',
  limit,
  async () => {
    let listeners = 0;
    const counted = target =>
      Object.assign(target, {
        addEventListener(...all) {
          listeners++;
          EventTarget.prototype.addEventListener.apply(target, all);
        },
        removeEventListener(...all) {
          listeners--;
          EventTarget.prototype.removeEventListener.apply(target, all);
        },
      });
    globalThis.window = counted(new EventTarget());
    globalThis.document = Object.assign(counted(new EventTarget()), { visibilityState: 'hidden' });
    try {
      await withFake(async fake =>
        withClient(
          fake.url,
          { transports: ['websocket'], backoff: { min: 3600_000, max: 3600_000 }, random: () => 1 },
          async client => {
            client.connect();
            await reaches(client, 'connected');
            fake.sockets.at(-1).terminate();
            await reaches(client, 'waiting');
            window.dispatchEvent(new Event('online'));
            await reaches(client, 'connected');
            fake.sockets.at(-1).terminate();
            await reaches(client, 'waiting');
            document.dispatchEvent(new Event('visibilitychange'));
            assert.equal(client.state, 'waiting', 'a hidden page can wait');
            document.visibilityState = 'visible';
            document.dispatchEvent(new Event('visibilitychange'));
            await reaches(client, 'connected');
            fake.got.length = 0;
            window.dispatchEvent(new Event('online'));
            await eventually(
              () => fake.got.some(({ type }) => type === 'ping'),
              patience,
              'a question whether the link is alive',
            );
            assert.ok(listeners > 0);
            client.disconnect();
            assert.equal(listeners, 0);
          },
        ),
      );
    } finally {
      delete globalThis.window;
      delete globalThis.document;
    }
  },
);

test('a server that does not answer a ping is left, and the next one is tried', limit, () =>
  withFake(
    async fake =>
      withClient(fake.url, { transports: ['websocket'], pingInterval: 50, pongTimeout: 500 }, async client => {
        client.connect();
        await eventually(() => fake.sockets.length >= 2, patience, 'a second connection');
        assert.match(client.states.join(), /connected,waiting,connecting/);
      }),
    { silent: true },
  ),
);

test('a message that wants to be confirmed is confirmed once, if somebody has taken it', limit, () =>
  withFake(
    async (fake, client) => {
      client.connect();
      await reaches(client, 'connected');
      const [socket] = fake.sockets;
      const payload = { user_id: 'al', title: 't', message: 'm', ack_id: 'a1' };
      socket.say('notification', { room: 'user:al', payload });
      await client.request('sync'); // What came before has been looked at.
      const seen = record(client, 'user:al');
      socket.say('notification', { room: 'user:al', payload: { ...payload, ack_id: 'a2' }, epoch, offset: 2 });
      socket.say('notification', { room: 'user:al', payload: { ...payload, ack_id: 'a2' }, epoch, offset: 2 });
      await eventually(() => fake.got.some(({ type }) => type === 'ack'), patience, 'the ack');
      await seen.got(1);
      await client.request('sync');
      assert.deepEqual(
        fake.got.filter(({ type }) => type === 'ack').map(one => one.payload.id),
        ['a2'],
      );
    },
    { handle: (socket, { type, request_id, payload }, say) => say(type, { request_id, payload }) },
  ),
);

test('a gap without a room is told to all, and to the inbox', limit, () =>
  withFake(async (fake, client) => {
    const seen = record(client, 'device:a');
    let stale = 0;
    client.inbox.onStale(() => stale++);
    client.connect();
    await seen.joined();
    fake.sockets[0].say('gap', { payload: { reason: 'link_lost' } });
    fake.sockets[0].say('gap', { room: 'device:a', payload: { reason: 'slow_receiver', dropped: 7 } });
    await eventually(() => seen.gaps.length === 2, patience, 'two gaps');
    assert.deepEqual(
      seen.gaps.map(({ reason, dropped }) => [reason, dropped]),
      [
        ['link_lost', undefined],
        ['slow_receiver', 7],
      ],
    );
    assert.equal(stale, 1);
  }),
);

test('a handler that throws keeps nobody else from hearing, and is not hidden', limit, () =>
  withFake(async (fake, client) => {
    client.subscribe('device:a', {
      message: () => {
        throw new Error('oops');
      },
    });
    const seen = record(client, 'device:a');
    client.connect();
    await seen.joined();
    fake.sockets[0].say('n', { room: 'device:a', payload: 1 });
    await seen.got(1);
    assert.deepEqual(
      client.errors.map(({ code, cause }) => [code, cause.message]),
      [['handler_failed', 'oops']],
    );
    assert.equal(client.state, 'connected');
  }),
);

test('a handler may disconnect, and nothing follows', limit, () =>
  withFake(async (fake, client) => {
    client.on('close', () => client.disconnect());
    client.connect();
    await reaches(client, 'connected');
    fake.sockets[0].close(3000);
    await reaches(client, 'idle');
    const states = client.states.length;
    client.onState(state => state === 'connected' && client.disconnect());
    client.connect();
    await eventually(() => client.states.length >= states + 3, patience, 'connecting, connected, idle');
    assert.deepEqual(client.states.slice(states), ['connecting', 'connected', 'idle']);
  }),
);

test('something else at the address is no server, and what is no JSON is told', limit, () =>
  withFake(async (fake, client) => {
    client.connect();
    await reaches(client, 'connected');
    fake.sockets[0].send('{"type":');
    await eventually(() => client.errors.length, patience, 'an error');
    assert.equal(client.errors[0].code, 'bad_message');
    const other = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(other, 'listening');
    other.on('connection', socket => socket.send('hello'));
    await withClient(`ws://127.0.0.1:${other.address().port}/`, { transports: ['websocket'] }, async lost => {
      lost.connect();
      assert.equal((await reaches(lost, 'waiting')).error.code, 'bad_message');
    });
    for (const socket of other.clients) socket.terminate();
    other.close();
  }),
);

const counts = (unread, revision) => ({ unread, unseen: unread, revision });
const told = (unread, revision) => ({ payload: counts(unread, revision) });

/// A connected client, whose badges are noted in `seen`, and a server that answers whatever is asked.
const withBadges = body =>
  withFake(
    async (fake, client) => {
      const seen = [];
      client.inbox.onBadge(({ unread }) => seen.push(unread));
      client.connect();
      await reaches(client, 'connected');
      await body(fake, client, seen);
    },
    { handle: (socket, { type, request_id, payload }, say) => say(type, { request_id, payload }) },
  );

test('of two counts of the inbox the newer one is true, and after a reconnect the badge is', limit, () =>
  withBadges(async (fake, client, seen) => {
    fake.sockets[0].say('badge', told(5, 10));
    fake.sockets[0].say('badge', { room: 'user:al', ...told(4, 12) });
    fake.sockets[0].say('badge', { room: 'user:al', ...told(9, 11) });
    fake.sockets[0].say('badge', { room: 'user:al', ...told(9, 12) });
    await client.request('sync');
    assert.deepEqual(seen, [5, 4]);
    fake.sockets[0].close(3000);
    await reaches(client, 'waiting');
    await reaches(client, 'connected');
    fake.sockets[1].say('badge', told(1, 2)); // The store has begun anew.
    fake.sockets[1].say('badge', { room: 'user:al', ...told(2, 3) });
    await client.request('sync');
    assert.deepEqual(seen, [5, 4, 1, 2]);
  }),
);

test('the badge of the greeting may come late, and replaces no newer count', limit, () =>
  withBadges(async (fake, client, seen) => {
    fake.sockets[0].say('notification', { room: 'user:al', ...told(3, 12) });
    fake.sockets[0].say('badge', told(2, 11));
    await client.request('sync');
    assert.deepEqual(seen, [3]);
    fake.sockets[0].close(3000);
    await reaches(client, 'waiting');
    await reaches(client, 'connected');
    fake.sockets[1].say('inbox_changed', { room: 'user:al', ...told(1, 5) }); // The store has begun anew.
    fake.sockets[1].say('badge', told(9, 4));
    await client.request('sync');
    assert.deepEqual(seen, [3, 1]);
  }),
);

test('after a gap the answer of the inbox is true, unless something newer overtakes it', limit, () => {
  let inbox = () => {};
  const handle = (socket, { type, request_id, payload }, say) => {
    const reply = answer => say(type, { request_id, payload: answer });
    return type === 'inbox' ? inbox(reply, say) : reply(payload);
  };
  return withFake(
    async (fake, client) => {
      client.connect();
      await reaches(client, 'connected');
      const gap = async () => {
        const stale = new Promise(resolve => client.inbox.onStale(resolve));
        fake.sockets[0].say('gap', { room: 'user:al', payload: { reason: 'link_lost' } });
        await stale;
      };
      fake.sockets[0].say('badge', { payload: counts(2, 20) });
      await gap();
      inbox = reply => reply(counts(1, 10)); // The store came back as it was a while ago.
      await client.inbox.list();
      assert.deepEqual(client.inbox.badge, counts(1, 10));
      await gap();
      inbox = (reply, say) => {
        say('badge', { room: 'user:al', payload: counts(2, 12) });
        reply(counts(1, 11));
      };
      await client.inbox.list();
      assert.deepEqual(client.inbox.badge, counts(2, 12));
    },
    { handle },
  );
});

test('a mark of all is not sent again after a break: it would take what nobody has seen; one of ids is', limit, () => {
  let tries = 0; // with ids
  const handle = (socket, { type, request_id, payload }, say) => {
    if (type === 'mark' && (payload.all || ++tries === 1)) return socket.terminate();
    say(type, { request_id, payload: { ...payload, changed: 0 } });
  };
  return withFake(
    async (fake, client) => {
      const marks = () => fake.got.filter(({ type }) => type === 'mark').map(one => one.payload.all ?? one.payload.ids);
      client.connect();
      await reaches(client, 'connected');
      await assert.rejects(client.inbox.mark('read', 'all'), { code: 'connection_lost' });
      await reaches(client, 'connected');
      await client.request('sync');
      assert.deepEqual(marks(), [true]);
      await client.inbox.mark('read', ['n1']);
      assert.deepEqual(marks(), [true, ['n1'], ['n1']]);
    },
    { handle },
  );
});
