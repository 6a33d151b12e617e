// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Credentials that are refused for a while, and connections that come back as another user's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withFake } from './fake.mjs';
import { eventually, FanfareError, patience, reaches, record } from './support.mjs';

const limit = { timeout: 60000 };
const epoch = 'aaaaaaaaaaaaaaaa';
const at = offset => ({ epoch, offset });
const codes = client => client.errors.map(({ code }) => code);

/// Refuses the first `count` upgrades with `status`.
function doorOf(count, status) {
  let left = count;
  return () => (left-- > 0 ? status : undefined);
}

test('a credential that is refused five times and then is not opens the door, after delays that grow', limit, () => {
  let asked = 0;
  const token = () => `a-${++asked}`;
  return withFake(
    async (fake, client) => {
      const delays = [];
      client.onState((state, { nextAttempt }) => state === 'waiting' && delays.push(nextAttempt - Date.now()));
      client.connect();
      await reaches(client, 'connected');
      assert.deepEqual([asked, fake.sockets.length, client.states.includes('closed')], [6, 1, false]);
      const least = [25, 50, 100, 200, 200];
      assert.equal(delays.length, least.length);
      delays.forEach((delay, index) => assert.ok(delay >= least[index] - 5 && delay <= least[index], String(delays)));
      assert.deepEqual(
        client.errors.map(({ status }) => status),
        Array(5).fill(401),
      );
    },
    { door: doorOf(5, 401), options: { token, random: () => 0 } },
  );
});

for (const [what, status, count, token] of [
  ['after a 401 six times', 401, 6, () => 'a'],
  ['after a 401 once without a function', 401, 1, undefined],
  ['after a 431 at once', 431, 1, () => 'a'],
])
  test(`the attempts end ${what}`, limit, () =>
    withFake(
      async (fake, client) => {
        client.connect();
        assert.equal((await reaches(client, 'closed')).error.status, status);
        assert.equal(client.states.filter(state => state === 'connecting').length, count);
      },
      { door: () => status, options: { token } },
    ),
  );

test('a function that says unauthorized ends the attempts at once', limit, () => {
  let asked = 0;
  const token = () => {
    if (++asked > 2) throw new FanfareError('unauthorized', 'logged out');
    return 'a';
  };
  return withFake(
    async (fake, client) => {
      client.connect();
      assert.equal((await reaches(client, 'closed')).error.code, 'unauthorized');
      assert.equal(asked, 3);
    },
    { door: () => 401, options: { token } },
  );
});

const alice = () => ({
  user_id: 'alice',
  resumable: true,
  resume_token: 'of-alice',
  positions: { 'user:alice': at(3), 'group:alices': at(4) },
});
const asBob = greeting =>
  Object.assign(greeting, { user_id: 'bob', resume_token: 'of-bob', positions: { 'user:bob': at(7) } });

test('what waits as one user is not done as another one, who is told nothing of what was', limit, () => {
  const greeting = alice();
  return withFake(
    async (fake, client) => {
      const gaps = [];
      let stale = 0;
      client.on('gap', gap => gaps.push(gap.room));
      client.inbox.onStale(() => stale++);
      const seen = record(client, 'chat:a');
      client.connect();
      await seen.joined();
      fake.sockets[0].say('n', { room: 'chat:a', payload: 1, ...at(9) });
      fake.sockets[0].say('badge', { room: 'user:alice', payload: { unread: 2, unseen: 1, revision: 5 } });
      await eventually(() => client.inbox.badge && seen.payloads.length, patience, 'the badge and the message');
      const flying = client.publish('chat:a', 'n', 1, { idempotencyKey: 'k' });
      await eventually(() => fake.got.some(({ type }) => type === 'publish'), patience, 'the message');
      asBob(greeting);
      fake.sockets[0].terminate();
      await reaches(client, 'waiting');
      const queued = client.request('pay', {}, { timeout: 20000 });
      client.send('note');
      await Promise.all([flying, queued].map(one => assert.rejects(one, { code: 'user_changed' })));
      await seen.joined(2);
      assert.deepEqual([client.userId, client.queued, client.inbox.badge, stale], ['bob', 0, undefined, 1]);
      assert.deepEqual(codes(client).filter(code => code !== 'cannot_connect'), ['user_changed']);
      assert.match(client.errors.find(({ code }) => code === 'user_changed').message, /"bob".*"alice"/);
      const [first, second] = fake.got.filter(({ type }) => type === 'subscribe').map(({ payload }) => payload);
      assert.deepEqual([first.rooms, second], [['chat:a'], { rooms: ['chat:a'] }]);
      assert.deepEqual(gaps, ['chat:a']);
      assert.equal(fake.got.filter(({ type }) => ['publish', 'pay', 'note'].includes(type)).length, 1);
      await assert.rejects(client.request('pay', {}, { timeout: 200 }), { code: 'timed_out' });
      assert.equal(fake.got.at(-1).type, 'pay', 'what bob asks for is sent');
    },
    { greeting, options: { token: () => 'a' } },
  );
});

test('the same user again keeps everything', limit, () =>
  withFake(
    async (fake, client) => {
      const seen = record(client, 'chat:a');
      client.connect();
      await seen.joined();
      fake.sockets[0].say('n', { room: 'chat:a', payload: 1, ...at(9) });
      await seen.got(1);
      fake.sockets[0].terminate();
      await reaches(client, 'waiting');
      client.send('note');
      await eventually(() => fake.got.some(({ type }) => type === 'note'), patience, 'what was queued');
      await seen.joined(2);
      const { payload } = fake.got.filter(({ type }) => type === 'subscribe').at(-1);
      assert.deepEqual([payload.resume, payload.since['chat:a']], ['of-alice', at(9)]);
      assert.ok(!codes(client).includes('user_changed'));
    },
    { greeting: alice(), options: { token: () => 'a' } },
  ),
);

test('what is queued after disconnect() and before the greeting is the next user’s own', limit, () => {
  const greeting = alice();
  return withFake(
    async (fake, client) => {
      client.connect();
      await reaches(client, 'connected');
      client.disconnect();
      asBob(greeting);
      client.connect();
      client.send('note');
      await eventually(() => fake.got.some(({ type }) => type === 'note'), patience, 'what was queued');
      assert.deepEqual([client.userId, codes(client)], ['bob', ['user_changed']]);
    },
    { greeting, options: { token: () => 'a' } },
  );
});
