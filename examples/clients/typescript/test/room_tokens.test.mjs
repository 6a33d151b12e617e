// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Rooms that need a token of their own, and rooms about which the server does not decide in time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withFake } from './fake.mjs';
import { eventually, FanfareClient, FanfareError, patience, reaches, record } from './support.mjs';

const limit = { timeout: 60000 };
const subscribes = ({ got }) => got.filter(({ type }) => type === 'subscribe').map(({ payload }) => payload);
const codes = client => client.errors.map(({ code }) => code);

test('each subscribe of a room has a fresh token of its function, or the text that was given', limit, () => {
  let count = 0;
  const contexts = [];
  const token = context => {
    contexts.push(context);
    return Promise.resolve(`fresh-${++count}`);
  };
  return withFake(async (fake, client) => {
    const own = record(client, 'chat:own', { token });
    const fixed = record(client, 'chat:fixed', { token: 'always' });
    const open = record(client, 'chat:open');
    const all = [own, fixed, open];
    client.connect();
    for (const room of all) await room.joined();
    fake.sockets[0].terminate();
    for (const room of all) await room.joined(2);
    const tokens = subscribes(fake).map(({ tokens }) => tokens);
    assert.deepEqual(
      tokens.filter(all => all?.['chat:own']),
      [{ 'chat:own': 'fresh-1' }, { 'chat:own': 'fresh-2' }],
    );
    assert.equal(tokens.filter(all => all?.['chat:fixed'] === 'always').length, 2);
    assert.deepEqual(
      contexts.map(({ room }) => room),
      ['chat:own', 'chat:own'],
    );
    // Both were answered: nothing is left to abort, also where the connection has ended since.
    assert.deepEqual([contexts[0].signal.aborted, contexts[1].signal.aborted, codes(client)], [false, false, []]);
    assert.notEqual(contexts[0].signal, contexts[1].signal);
  });
});

test('a room whose token does not come holds up no other', limit, () => {
  let give;
  const token = () =>
    new Promise(resolve => {
      give = resolve;
    });
  return withFake(async (fake, client) => {
    const waiting = record(client, 'chat:a', { token });
    const other = record(client, 'chat:b');
    client.connect();
    await other.joined();
    const later = record(client, 'chat:c');
    await later.joined();
    assert.equal(waiting.subscribed.length, 0);
    give('at last');
    await waiting.joined();
    assert.deepEqual(subscribes(fake).at(-1), { rooms: ['chat:a'], tokens: { 'chat:a': 'at last' } });
  });
});

test('no more than eight tokens are asked for at a time, and all of them in the end', limit, () => {
  let now = 0;
  let most = 0;
  const token = async ({ room }) => {
    most = Math.max(most, ++now);
    await new Promise(setImmediate);
    now--;
    return room;
  };
  return withFake(async (fake, client) => {
    const all = Array.from({ length: 30 }, (_, n) => record(client, `chat:${n}`, { token }));
    client.connect();
    await eventually(() => all.every(({ subscribed }) => subscribed.length), patience, 'all rooms joined');
    assert.equal(most, 8);
    for (const { rooms, tokens } of subscribes(fake)) for (const room of rooms) assert.equal(tokens[room], room);
  });
});

test('a token function that fails is tried again, and told', limit, () => {
  let calls = 0;
  const token = () => {
    if (++calls <= 2) throw new Error('the session service is away');
    return 'good';
  };
  return withFake(async (fake, client) => {
    const seen = record(client, 'chat:a', { token });
    client.connect();
    await seen.joined();
    assert.deepEqual(codes(client), ['credential_failed', 'credential_failed']);
    assert.match(client.errors[0].message, /chat:a.*away/);
    assert.deepEqual(subscribes(fake), [{ rooms: ['chat:a'], tokens: { 'chat:a': 'good' } }]);
  });
});

test('a room is rejected when its function fails for good, at once or after a few times', limit, () => {
  let calls = 0;
  const never = () => {
    calls++;
    return Promise.reject(new Error('away'));
  };
  const unauthorized = () => {
    throw new FanfareError('unauthorized', 'not for you');
  };
  return withFake(async (fake, client) => {
    const failing = record(client, 'chat:failing', { token: never });
    const forbidden = record(client, 'chat:forbidden', { token: unauthorized });
    const long = record(client, 'chat:long', { token: () => 'x'.repeat(8193) });
    client.connect();
    await eventually(() => [failing, forbidden, long].every(({ rejected }) => rejected.length), patience, 'refusals');
    assert.deepEqual([forbidden.rejected[0].code, failing.rejected[0].code], ['unauthorized', 'credential_failed']);
    assert.equal(long.rejected[0].code, 'credential_failed');
    assert.equal(calls, 7);
    assert.deepEqual(subscribes(fake), []);
    assert.equal(client.state, 'connected');
  });
});

test('a token that cannot be is refused at once', () => {
  const client = new FanfareClient('ws://127.0.0.1:1/');
  for (const token of ['', 7, null, 'x'.repeat(8193), '☂'.repeat(3000)])
    assert.throws(() => client.subscribe('chat:a', { token }), { code: 'invalid_argument' }, String(token));
});

test('a room that is left while its token is on its way is not asked for', limit, () => {
  let give;
  const token = () =>
    new Promise(resolve => {
      give = resolve;
    });
  return withFake(async (fake, client) => {
    const seen = record(client, 'chat:a', { token });
    client.connect();
    await eventually(() => give, patience, 'the question');
    seen.subscription.unsubscribe();
    give('too late');
    const other = record(client, 'chat:b');
    await other.joined();
    assert.deepEqual(subscribes(fake), [{ rooms: ['chat:b'] }]);
  });
});

/// Answers for `slow:` rooms that they were not decided about in time, `times` each; then lets them in.
function undecided(times) {
  const asked = new Map();
  return (socket, { type, payload, request_id }, say) => {
    if (type !== 'subscribe') return false;
    const slow = payload.rooms.filter(room => {
      if (!room.startsWith('slow:')) return false;
      asked.set(room, (asked.get(room) ?? 0) + 1);
      return asked.get(room) <= times;
    });
    const rejected = slow.map(room => ({ room, code: 'timed_out', message: 'not decided' }));
    say('subscribed', { request_id, payload: { rooms: payload.rooms.filter(room => !slow.includes(room)), rejected } });
    return true;
  };
}

test('rooms that are not decided about in time are asked for again, apart from all others', limit, () =>
  withFake(
    async (fake, client) => {
      const rooms = ['slow:a', 'chat:b', 'slow:c'].map(name => record(client, name));
      client.connect();
      for (const room of rooms) await room.joined();
      assert.deepEqual(subscribes(fake)[0].rooms, ['slow:a', 'chat:b', 'slow:c']);
      for (const { rooms } of subscribes(fake).slice(1)) assert.ok(rooms.every(name => name.startsWith('slow:')));
      const of = name => subscribes(fake).filter(({ rooms }) => rooms.includes(name)).length;
      assert.deepEqual([of('slow:a'), of('chat:b'), of('slow:c'), codes(client)], [4, 1, 4, []]);
    },
    { instead: undecided(3) },
  ),
);

test('while the server thinks about such a room, others are joined', limit, () => {
  const first = undecided(1);
  let think = 0;
  const instead = (socket, message, say) => {
    if (message.type === 'subscribe' && message.payload.rooms[0] === 'slow:a' && subscribed++) return (think++, true);
    return first(socket, message, say);
  };
  let subscribed = 0;
  return withFake(
    async (fake, client) => {
      const slow = record(client, 'slow:a');
      client.connect();
      await eventually(() => think, patience, 'the second question');
      for (const name of ['chat:b', 'chat:c', 'chat:d']) await record(client, name).joined();
      assert.deepEqual([slow.subscribed.length, think, client.state], [0, 1, 'connected']);
    },
    { instead },
  );
});

test('a room that is never decided about is rejected in the end, and asked for by the next connection', limit, () =>
  withFake(
    async (fake, client) => {
      const seen = record(client, 'slow:a');
      const told = [];
      client.on('rejected', ({ room, code }) => told.push([room, code]));
      client.connect();
      await eventually(() => seen.rejected.length, patience, 'the refusal');
      assert.deepEqual([seen.rejected[0].code, told], ['timed_out', [['slow:a', 'timed_out']]]);
      assert.equal(subscribes(fake).length, 7);
      fake.sockets[0].terminate();
      await reaches(client, 'waiting');
      await eventually(() => subscribes(fake).length > 7, patience, 'the next question');
    },
    { instead: undecided(Infinity) },
  ),
);
