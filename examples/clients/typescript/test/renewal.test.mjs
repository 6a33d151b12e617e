// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A credential that is about to expire is replaced on the live connection, against a server of the test's own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withFake } from './fake.mjs';
import { eventually, FanfareError, patience, reaches, record, runToItsEnd, withClient } from './support.mjs';

const limit = { timeout: 60000 };
const epoch = 'aaaaaaaaaaaaaaaa';
const inSeconds = seconds => new Date(Date.now() + 1000 * seconds).toISOString();
const expiring = (socket, seconds = 60) => socket.say('expiring', { payload: { expires_at: inSeconds(seconds) } });
const refreshes = ({ got }) => got.filter(({ type }) => type === 'refresh').map(({ payload }) => payload);
const codes = client => client.errors.map(({ code }) => code);

/// Credentials that can be told apart.
function numbered(name) {
  let count = 0;
  return () => `${name}-${++count}`;
}

/// Answers refreshes: with the next one of `answers`, a code or a payload; then with an hour more.
const answering = answers => (socket, { type, request_id }, say) => {
  if (type !== 'refresh') return;
  const answer = answers.shift() ?? { expires_at: inSeconds(3600) };
  if (typeof answer === 'string') say('error', { request_id, payload: { code: answer, message: 'no' } });
  else say('refreshed', { request_id, payload: answer });
};

for (const [name, sources] of [
  ['token', { token: numbered('a') }],
  ['ticket', { ticket: numbered('a') }],
])
  test(`a ${name} that is about to expire is replaced by a fresh one, on the same connection, each time`, limit, () =>
    withFake(
      async (fake, client) => {
        const told = [];
        const heard = [];
        client.on('expiring', ({ expires_at }) => told.push(expires_at));
        client.on('refreshed', ({ expires_at }) => told.push(expires_at));
        client.on('message', ({ type }) => heard.push(type));
        client.connect();
        await reaches(client, 'connected');
        expiring(fake.sockets[0]);
        await eventually(() => told.length === 2, patience, 'the first refresh');
        expiring(fake.sockets[0], 3600);
        await eventually(() => told.length === 4, patience, 'the second refresh');
        assert.deepEqual(refreshes(fake), [{ [name]: 'a-2' }, { [name]: 'a-3' }]);
        assert.ok(told.every(Date.parse));
        assert.deepEqual([client.state, fake.sockets.length, heard, codes(client)], ['connected', 1, [], []]);
      },
      { handle: answering([]), options: sources },
    ),
  );

test('of a ticket and a token the token is replaced, and only that is asked for', limit, () => {
  const asked = [];
  const options = {
    ticket: () => (asked.push('ticket'), 'ticket'),
    token: () => (asked.push('token'), 'token'),
  };
  return withFake(
    async (fake, client) => {
      client.connect();
      await reaches(client, 'connected');
      expiring(fake.sockets[0]);
      await eventually(() => refreshes(fake).length, patience, 'the refresh');
      assert.deepEqual([refreshes(fake), asked], [[{ token: 'token' }], ['ticket', 'token', 'token']]);
    },
    { handle: answering([]), options },
  );
});

test('where there is no function to ask, the application is told and nothing is sent', limit, () =>
  withFake(async (fake, client) => {
    let told;
    client.on('expiring', ({ expires_at }) => {
      told = expires_at;
    });
    client.connect();
    await reaches(client, 'connected');
    expiring(fake.sockets[0]);
    await eventually(() => told, patience, 'the event');
    await assert.rejects(client.refresh(), { code: 'credential_failed' });
    assert.deepEqual([refreshes(fake), codes(client)], [[], []]);
  }),
);

test('a refresh that fails is told and tried again with a fresh credential', limit, () =>
  withFake(
    async (fake, client) => {
      let done = 0;
      client.on('refreshed', () => done++);
      client.connect();
      await reaches(client, 'connected');
      expiring(fake.sockets[0]);
      expiring(fake.sockets[0]); // the same once more
      await eventually(() => done, patience, 'the refresh');
      assert.deepEqual(refreshes(fake), [{ token: 'a-2' }, { token: 'a-3' }, { token: 'a-4' }]);
      assert.deepEqual(codes(client), ['unauthorized', 'timed_out']);
    },
    { handle: answering(['unauthorized', 'timed_out']), options: { token: numbered('a') } },
  ),
);

test('a credential that lasts no longer than the last one is a failure', limit, () =>
  withFake(
    async (fake, client) => {
      let done = 0;
      client.on('refreshed', () => done++);
      client.connect();
      await reaches(client, 'connected');
      expiring(fake.sockets[0]);
      await eventually(() => done === 2, patience, 'two refreshes');
      assert.deepEqual(codes(client), ['credential_failed']);
    },
    { handle: answering([{ expires_at: inSeconds(1) }]), options: { token: numbered('a') } },
  ),
);

/// When a refresh that always fails was tried, in seconds of a clock that does not wait, until no timer was left.
async function attempts({ seconds, error, token = "() => 't'", random = 0, backoff = { min: 1000, max: 30000 } }) {
  const { code, output } = await runToItsEnd(
    `const { setImmediate: turn } = await import('node:timers/promises');
     const timers = new Map();
     let now = 1000, last = 0;
     globalThis.setTimeout = (run, ms) => (timers.set(++last, { run, at: now + ms }), last);
     globalThis.clearTimeout = timer => timers.delete(timer);
     Object.defineProperty(performance, 'now', { value: () => now });
     const { Renewal } = await import(process.env.FANFARE_CLIENT_MODULES + '/renewal.mjs');
     const { FanfareError } = await import(process.env.FANFARE_CLIENT_MODULES + '/errors.mjs');
     const sent = [], told = [];
     const backoff = ${JSON.stringify(backoff)};
     const settings = { token: ${token}, connectTimeout: 1000, backoff, random: () => ${random} };
     const renewal = new Renewal(settings, {
       send: () => (sent.push((now - 1000) / 1000), Promise.reject(new FanfareError('${error}', 'no'))),
       error: () => told.push((now - 1000) / 1000),
     });
     renewal.start();
     const expires_at = '2030-01-01T00:00:00.000Z';
     renewal.expiring({ expires_at }, new Date(Date.parse(expires_at) - 1000 * ${seconds}).toISOString());
     for (await turn(); timers.size && told.length < 1000; await turn()) {
       const [[id, next]] = [...timers].sort(([, one], [, other]) => one.at - other.at);
       timers.delete(id);
       now = next.at;
       next.run();
     }
     console.log(JSON.stringify({ sent, told }));`,
    {},
  );
  assert.equal(code, 0, output);
  return JSON.parse(output);
}

const between = times => times.slice(1).map((time, at) => time - times[at]);

for (const random of [0, 0.5, 0.999])
  for (const backoff of [undefined, { min: 0, max: 0 }, { min: 5000, max: 60000 }])
    test(`attempts to refresh go on until shortly before the end (${random}, ${backoff?.min})`, limit, async () => {
      const { sent, told } = await attempts({ seconds: 60, error: 'timed_out', random, backoff });
      assert.deepEqual(sent, told);
      assert.ok(sent.at(-1) > 45 && sent.at(-1) <= 57, String(sent));
      assert.ok(sent.length >= 6 && sent.length <= 20, String(sent));
      assert.ok(sent[1] >= 0.3, 'not at once');
      assert.ok(between(sent).slice(4).every(gap => gap >= 3.7), String(sent));
    });

test('with the usual delays a refresh is tried once in five seconds at most, after the first few', limit, async () => {
  const { sent } = await attempts({ seconds: 60, error: 'timed_out', random: 0 });
  assert.deepEqual(sent, [0, 0.5, 1.5, 3.5, 7.5, 12.5, 17.5, 22.5, 27.5, 32.5, 37.5, 42.5, 47.5, 52.5]);
});

test('attempts are spread over a long time, too, and fit into a short one', limit, async () => {
  const { sent: long } = await attempts({ seconds: 3600, error: 'timed_out' });
  assert.ok(long.length < 30 && long.at(-1) > 3300, String(long));
  const { sent: short } = await attempts({ seconds: 1, error: 'timed_out' });
  assert.ok(short.length >= 3 && short.length < 10 && short.at(-1) < 1, String(short));
  assert.deepEqual((await attempts({ seconds: 0, error: 'timed_out' })).sent, [0]);
});

const loggedOut = "() => { throw new FanfareError('unauthorized', 'logged out'); }";
for (const [what, error, count, token] of [
  ['once where the next one would end in the same way', 'unknown_type', 1],
  ['three times where the credential is always another user’s', 'forbidden', 3],
  ['once where the application says that the user has logged out', 'none', 1, loggedOut],
])
  test(`a refresh that always fails is tried ${what}`, limit, async () => {
    const { sent, told } = await attempts({ seconds: 60, error, token });
    assert.deepEqual([sent.length, told.length], [token ? 0 : count, count]);
  });

test('one credential of another user does not end the attempts', limit, () =>
  withFake(
    async (fake, client) => {
      let done = 0;
      client.on('refreshed', () => done++);
      client.connect();
      await reaches(client, 'connected');
      expiring(fake.sockets[0], 4);
      await eventually(() => done, patience, 'the refresh');
      assert.deepEqual(refreshes(fake), [{ token: 'a-2' }, { token: 'a-3' }]);
      assert.deepEqual([codes(client), client.state], [['forbidden'], 'connected']);
    },
    { handle: answering(['forbidden']), options: { token: numbered('a') } },
  ),
);

test('each call of the function has a signal of its own, which says when it has taken too long', limit, () => {
  const signals = [];
  const token = ({ signal }) => {
    signals.push(signal);
    return signals.length === 2 ? new Promise(() => {}) : 'a';
  };
  return withFake(
    async (fake, client) => {
      client.connect();
      await reaches(client, 'connected');
      await assert.rejects(client.refresh(), { code: 'credential_failed' });
      assert.equal(signals[1].aborted, true);
      for (let count = 0; count < 12; count++) await client.refresh();
      assert.equal(new Set(signals).size, 14);
      assert.ok(signals.slice(2).every(({ aborted }) => !aborted));
      const last = signals.at(-1);
      client.disconnect();
      assert.equal(last.aborted, true);
    },
    { handle: answering([]), options: { token, connectTimeout: 100 } },
  );
});

test('who has logged out is not asked again; the connection expires, and the client stays away', limit, () => {
  let asked = 0;
  const token = () => {
    if (++asked > 1) throw new FanfareError('unauthorized', 'logged out');
    return 'a';
  };
  return withFake(
    async (fake, client) => {
      client.connect();
      await reaches(client, 'connected');
      expiring(fake.sockets[0]);
      await eventually(() => client.errors.length, patience, 'the error');
      assert.deepEqual([client.state, codes(client), refreshes(fake)], ['connected', ['unauthorized'], []]);
      fake.sockets[0].close(3002, 'expired');
      assert.equal((await reaches(client, 'closed')).error.code, 'unauthorized');
      assert.equal(asked, 3);
    },
    { options: { token } },
  );
});

test('a connection that expires all the same is followed by one with a fresh credential', limit, () =>
  withFake(
    async (fake, client) => {
      client.connect();
      await reaches(client, 'connected');
      expiring(fake.sockets[0]);
      await eventually(() => client.errors.length, patience, 'the error');
      fake.sockets[0].close(3002, 'expired');
      await reaches(client, 'waiting');
      await reaches(client, 'connected');
      const offered = fake.sockets.map(({ request }) => request.headers['sec-websocket-protocol']);
      assert.deepEqual(offered, ['fanfare.v1,fanfare.token.a-1', 'fanfare.v1,fanfare.token.a-3']);
      assert.deepEqual(codes(client), ['unknown_type']);
    },
    { handle: answering(['unknown_type']), options: { token: numbered('a') } },
  ),
);

test('a credential that was revoked is the end: the application is told, and nothing is asked for', limit, () => {
  const token = numbered('a');
  return withFake(
    async (fake, client) => {
      client.connect();
      await reaches(client, 'connected');
      fake.sockets[0].close(3503, 'revoked');
      const { code, reason } = await reaches(client, 'closed');
      assert.deepEqual([code, reason, fake.sockets.length, token()], [3503, 'revoked', 1, 'a-2']);
      client.connect();
      await reaches(client, 'connected');
      assert.match(fake.sockets[1].request.headers['sec-websocket-protocol'], /a-3$/);
    },
    { options: { token } },
  );
});

test('refresh() answers what the server says, to all who ask meanwhile', limit, () =>
  withFake(
    async (fake, client) => {
      await assert.rejects(client.refresh(), { code: 'not_connected' });
      client.connect();
      await reaches(client, 'connected');
      const [one, other] = await Promise.all([client.refresh(), client.refresh()]);
      assert.deepEqual([one, other], [{ expires_at: '2030-01-01T00:00:00.000Z' }, one]);
      await assert.rejects(client.refresh(), { code: 'forbidden' });
      await assert.rejects(client.refresh(), { code: 'bad_message' });
      assert.equal(refreshes(fake).length, 3);
      client.disconnect();
      await assert.rejects(client.refresh(), { code: 'not_connected' });
    },
    {
      handle: answering([{ expires_at: '2030-01-01T00:00:00.000Z' }, 'forbidden', { expires_at: 'some day' }]),
      options: { token: numbered('a') },
    },
  ),
);

for (const silent of ['server', 'application'])
  test(`a refresh that waits for the ${silent} when the link breaks fails, and nothing of it is left`, limit, () => {
    let signal;
    let calls = 0;
    const token = context => {
      if (++calls !== 2) return 'a';
      signal = context.signal;
      return silent === 'server' ? 'b' : new Promise(() => {});
    };
    return withFake(
      async (fake, client) => {
        client.connect();
        await reaches(client, 'connected');
        const answer = assert.rejects(client.refresh(), { code: 'connection_lost' });
        await eventually(() => (silent === 'server' ? refreshes(fake).length : signal), patience, 'the refresh');
        fake.sockets[0].terminate();
        await answer;
        assert.equal(signal.aborted, true);
        await reaches(client, 'connected');
        assert.equal(refreshes(fake).length, silent === 'server' ? 1 : 0);
      },
      { options: { token } },
    );
  });

test('an expiring or refreshed that makes no sense is told, and what follows is heard', limit, () =>
  withFake(
    async (fake, client) => {
      client.connect();
      await reaches(client, 'connected');
      const heard = [];
      client.on('message', ({ type }) => heard.push(type));
      for (const payload of [null, {}, { expires_at: 'soon' }]) fake.sockets[0].say('expiring', { payload });
      for (const payload of [null, { joined: 'all' }, { left: [7] }, { positions: 7 }, { expires_at: 'soon' }])
        fake.sockets[0].say('refreshed', { payload });
      fake.sockets[0].say('n');
      await eventually(() => heard.length, patience, 'the message');
      assert.deepEqual([heard, codes(client)], [['n'], Array(8).fill('bad_message')]);
    },
    { options: { token: numbered('a') } },
  ),
);

test('rooms that the new credential brings are joined, and those that it does not name are asked for', limit, () => {
  const positions = { 'group:new': { epoch, offset: 4 } };
  const answer = { expires_at: inSeconds(3600), joined: ['group:new'], left: ['group:old'], positions };
  const instead = (socket, { type, payload, request_id }, say) => {
    if (type !== 'subscribe' || !payload.rooms.includes('group:new')) return false;
    const rejected = [{ room: 'group:new', code: 'forbidden', message: '' }];
    say('subscribed', { request_id, payload: { rooms: [], rejected } });
    return true;
  };
  return withFake(
    async (fake, client) => {
      const fresh = record(client, 'group:new');
      client.connect();
      await eventually(() => fresh.rejected.length, patience, 'the refusal');
      const old = record(client, 'group:old');
      await old.joined();
      await client.refresh();
      assert.deepEqual(fresh.subscribed, [{ room: 'group:new', first: true, position: { epoch, offset: 4 } }]);
      assert.equal(fresh.subscription.joined, true);
      await old.joined(2);
      const asked = fake.got.filter(({ type }) => type === 'subscribe').map(({ payload }) => payload);
      assert.deepEqual(asked.at(-1), { rooms: ['group:old'], since: { 'group:old': { epoch, offset: 9 } } });
      fake.sockets[0].say('n', { room: 'group:new', payload: 1, epoch, offset: 4 });
      fake.sockets[0].say('n', { room: 'group:new', payload: 2, epoch, offset: 5 });
      await fresh.got(1);
      assert.deepEqual(fresh.payloads, [2]);
    },
    {
      handle: answering([answer]),
      instead,
      greeting: { positions: { 'group:old': { epoch, offset: 9 } } },
      options: { token: numbered('a') },
    },
  );
});

test('a token can go in the query, and one that no header can take is told without its text', limit, () =>
  withFake(async fake => {
    const transports = ['websocket'];
    await withClient(fake.url, { transports, token: () => 'a b=', tokenQuery: 'token' }, async client => {
      client.connect();
      await reaches(client, 'connected');
      const { url, headers } = fake.sockets[0].request;
      assert.equal(new URL(url, 'http://h').searchParams.get('token'), 'a b=');
      assert.equal(headers['sec-websocket-protocol'], 'fanfare.v1');
    });
    await withClient(fake.url, { transports, token: () => 'se cret' }, async client => {
      client.connect();
      const { error } = await reaches(client, 'waiting');
      assert.equal(error.code, 'credential_failed');
      assert.doesNotMatch(error.message, /se cret/);
    });
  }),
);
