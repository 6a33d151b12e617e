// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Against the real server: who gets in, by which transport, the inbox of two devices, and a clean end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  eventually,
  FanfareError,
  patience,
  post,
  Proxy,
  publish,
  reaches,
  record,
  runToItsEnd,
  withClient,
  withProxy,
  withServer,
} from './support.mjs';

const limit = { timeout: 120000 };
const key = 'admin-secret';
const guarded = ['--auth', 'ticket', '--admin-key', key];
const both = [['websocket'], ['sse']];
const ticketFor = async (server, user) =>
  (await post(server, '/api/v1/tickets', { user_id: user }, key)).body.ticket;

for (const transports of both)
  test(`over ${transports}: a ticket is fetched anew at each attempt`, limit, () =>
    withServer(guarded, async server => {
      const proxy = await Proxy.before(server);
      const tickets = [];
      const ticket = async () => {
        tickets.push(await ticketFor(server, 'alice'));
        return tickets.at(-1);
      };
      try {
        await withClient(proxy.http + '/api/v1/ws', { transports, ticket }, async client => {
          client.connect();
          await reaches(client, 'connected');
          assert.equal(client.userId, 'alice');
          proxy.cut();
          await reaches(client, 'waiting');
          await reaches(client, 'connected');
          assert.equal(new Set(tickets).size, 2);
        });
      } finally {
        await proxy.close();
      }
    }),
  );

for (const transports of [...both, ['websocket', 'sse']])
  test(
    `over ${transports}: a credential that is refused six times in a row is the end, and the state says why`,
    limit,
    () =>
      withServer(guarded, async server => {
        let asked = 0;
        const ticket = () => {
          asked++;
          return 'made-up-secret';
        };
        await withClient(server.http + '/api/v1/ws', { transports, ticket }, async client => {
          client.connect();
          const { error } = await reaches(client, 'closed');
          assert.equal(error.status, 401);
          assert.equal(asked, 6 * transports.length);
          for (const one of client.errors) assert.doesNotMatch(one.message + one.cause, /made-up-secret/);
        });
        await withClient(server.http + '/api/v1/ws', { transports }, async client => {
          client.connect();
          assert.equal(
            (await reaches(client, 'closed')).error.status,
            401,
            'without a credential there is nothing to try again',
          );
          assert.equal(client.states.filter(state => state === 'connecting').length, 1);
        });
      }),
  );

test('a ticket that is too old once is no reason to give up', limit, () =>
  withServer(guarded, async server => {
    let asked = 0;
    const ticket = () => (asked++ === 0 ? 'too-old' : ticketFor(server, 'alice'));
    await withClient(server.http + '/api/v1/ws', { transports: ['websocket'], ticket }, async client => {
      client.connect();
      await reaches(client, 'connected');
      assert.equal(client.errors[0].status, 401);
    });
  }),
);

test('a ticket function that fails is tried again; one that says unauthorized is the end', limit, () =>
  withServer(guarded, async server => {
    let asked = 0;
    const ticket = async () => {
      if (asked++ === 0) throw new Error('the session service is away');
      return ticketFor(server, 'alice');
    };
    await withClient(server.http + '/api/v1/ws', { ticket }, async client => {
      client.connect();
      await reaches(client, 'connected');
      assert.equal(client.errors[0].code, 'credential_failed');
    });
    const loggedOut = () => {
      throw new FanfareError('unauthorized', 'logged out');
    };
    await withClient(server.http + '/api/v1/ws', { ticket: loggedOut }, async client => {
      client.connect();
      assert.equal((await reaches(client, 'closed')).error.code, 'unauthorized');
    });
  }),
);

for (const transports of both)
  test(`over ${transports}: a token opens the door, too`, limit, () =>
    withServer(guarded, server =>
      withClient(
        server.http + '/api/v1/ws',
        { transports, token: () => ticketFor(server, 'bob') },
        async client => {
          client.connect();
          await reaches(client, 'connected');
          assert.equal(client.userId, 'bob');
        },
      ),
    ),
  );

for (const transports of both)
  test(`over ${transports}: rooms with and without a token of their own are joined, again after a break`, limit, () =>
    withProxy([], (server, proxy) =>
      withClient(proxy.http + '/api/v1/ws?user=alice', { transports }, async client => {
        const rooms = [];
        const token = ({ room }) => (rooms.push(room), `token for ${room}`);
        const all = [
          record(client, 'chat:a', { token }),
          record(client, 'chat:b', { token: 'text' }),
          record(client, 'chat:c'),
        ];
        client.connect();
        for (const room of all) await room.joined();
        proxy.cut();
        for (const room of all) await room.joined(2);
        for (const name of ['chat:a', 'chat:b', 'chat:c']) await publish(server, name, 'n', name);
        for (const room of all) await room.got(1);
        assert.deepEqual(rooms, ['chat:a', 'chat:a']);
        assert.deepEqual(all.map(({ gaps, rejected }) => gaps.length + rejected.length), [0, 0, 0]);
      }),
    ),
  );

test('where WebSocket is blocked everything goes by SSE, and once it is not, by WebSocket again', limit, () =>
  withProxy(['--open-publish'], (server, proxy) => {
    proxy.mode = 'no-websocket';
    return withClient(proxy.http + '/api/v1/ws?user=alice', {}, async client => {
      client.connect();
      const seen = record(client, 'chat:a');
      await seen.joined();
      assert.equal(client.transport, 'sse');
      assert.deepEqual(
        client.errors.map(({ code, status }) => [code, status]),
        [['refused', 403]],
      );
      for (let n = 0; n < 20; n++) await publish(server, 'chat:a', 'n', n);
      assert.equal((await client.publish('chat:a', 'n', 20)).offset, 21);
      assert.equal((await client.history('chat:a')).messages.length, 21);
      assert.equal((await client.presence('chat:a')).user_count, 1);
      await assert.rejects(client.request('dance'), { code: 'unknown_type' });
      await seen.got(21);
      const upgrades = proxy.upgrades;
      proxy.cut();
      await reaches(client, 'waiting');
      await reaches(client, 'connected');
      assert.equal(client.transport, 'sse');
      assert.equal(proxy.upgrades, upgrades, 'what has worked is tried first');
      proxy.mode = 'pass';
      client.disconnect();
      await publish(server, 'chat:a', 'n', 21);
      client.connect();
      await seen.got(22);
      assert.equal(client.transport, 'websocket');
      assert.deepEqual(
        seen.payloads,
        Array.from({ length: 22 }, (_, n) => n),
      );
    });
  }),
);

test('a server that restarts does not drive its clients from WebSocket to SSE', limit, () =>
  withServer([], server =>
    withClient(server.http + '/api/v1/ws', {}, async client => {
      client.connect();
      await reaches(client, 'connected');
      await server.restart();
      await eventually(
        () => client.states.filter(state => state === 'connected').length === 2,
        patience,
        'connected again',
      );
      assert.equal(client.transport, 'websocket');
    }),
  ),
);

for (const transports of both)
  test(`over ${transports}: what is read on one device is read on the other`, limit, () =>
    withServer([], server => {
      const url = server.http + '/api/v1/ws?user=alice';
      return withClient(url, { transports }, one =>
        withClient(url, {}, async two => {
          const changes = [];
          const retracted = [];
          two.inbox.onChanged(change => changes.push(change));
          two.inbox.onRetract(({ ids }) => retracted.push(...(ids ?? [])));
          const arrived = [];
          for (const client of [one, two]) client.inbox.onNotification(({ id }) => arrived.push(id));
          one.connect();
          two.connect();
          await Promise.all([reaches(one, 'connected'), reaches(two, 'connected')]);
          await eventually(
            () => one.inbox.badge?.unread === 0 && two.inbox.badge?.unread === 0,
            patience,
            'the first badge',
          );
          for (const title of ['a', 'b', 'c'])
            await post(server, '/api/v1/notify', { user_id: 'alice', title, message: 'm' });
          await eventually(() => arrived.length === 6 && two.inbox.badge.unread === 3, patience, 'three on both');
          const page = await one.inbox.list({ limit: 2, filter: 'unread' });
          assert.deepEqual(
            page.items.map(({ title }) => title),
            ['c', 'b'],
          );
          const rest = await one.inbox.list({ limit: 2, filter: 'unread', cursor: page.next_cursor });
          assert.deepEqual([rest.items.map(({ title }) => title), rest.next_cursor], [['a'], null]);
          const read = await one.inbox.mark('read', [page.items[0].id, 'never-was']);
          assert.deepEqual([read.changed, read.not_found, one.inbox.badge.unread], [1, ['never-was'], 2]);
          await eventually(
            () => two.inbox.badge.unread === 2 && changes.length === 1,
            patience,
            'the badge on the other',
          );
          assert.deepEqual(
            [changes[0].action, changes[0].ids, changes[0].own],
            ['read', [page.items[0].id], false],
          );
          await eventually(() => retracted.includes(page.items[0].id), patience, 'the alert to go');
          await assert.rejects(one.inbox.mark('read', ['never-was']), { code: 'not_found' });
          await one.inbox.archive('all');
          await eventually(() => changes.length === 2 && two.inbox.badge.unread === 0, patience, 'all archived');
          assert.equal((await two.inbox.list()).items.length, 0);
          assert.equal((await two.inbox.list({ filter: 'archived' })).items.length, 3);
        }),
      );
    }),
  );

test('hundreds of notifications are marked at once, in messages that the server takes', limit, () =>
  withServer([], server =>
    withClient(server.http + '/api/v1/ws?user=alice', {}, async client => {
      client.connect();
      await reaches(client, 'connected');
      for (let n = 0; n < 400; n++)
        await post(server, '/api/v1/notify', { user_id: 'alice', title: String(n), message: 'm' });
      const ids = [];
      for (let cursor; cursor !== null;) {
        const page = await client.inbox.list({ limit: 200, cursor });
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.next_cursor;
      }
      const { changed, ids: marked } = await client.inbox.mark('seen', ids);
      assert.deepEqual([changed, marked.length, client.inbox.badge.unseen], [400, 400, 0]);
    }),
  ),
);

const script = (url, transports, when) => `
  import { FanfareClient, WebSocket, reaches, eventually } from './support.mjs';
  const client = new FanfareClient('${url}', { WebSocket,
    transports: ${JSON.stringify(transports)}, connectTimeout: 60000,
    backoff: { min: 60000, max: 60000 }, random: () => 1 });
  client.subscribe('chat:a', { last: 5 });
  client.connect();
  ${when}
  const open = [client.history('chat:a'), client.request('dance', {}, { retry: true })]
    .map(one => one.then(() => 'done', error => error.code));
  client.disconnect();
  const ends = await Promise.all(open);
  if (client.state !== 'idle' || ends.some(end => end !== 'closed')) throw new Error(client.state + ' ' + ends);`;

for (const transports of both)
  test(`over ${transports}: after disconnect() nothing keeps the process`, limit, () =>
    withProxy([], async (server, proxy) => {
      const url = proxy.http + '/api/v1/ws?user=alice';
      const cases = {
        connected: "await reaches(client, 'connected');",
        connecting: '',
        frozen: "await reaches(client, 'connected'); await fetch(process.env.FREEZE);",
        waiting: "await reaches(client, 'waiting');",
      };
      const { createServer } = await import('node:http');
      const control = createServer((request, response) => {
        proxy.mode = 'freeze';
        response.end();
      });
      await new Promise(resolve => control.listen(0, '127.0.0.1', resolve));
      try {
        for (const [name, when] of Object.entries(cases)) {
          proxy.mode = name === 'waiting' ? 'refuse' : 'pass';
          const env = { FREEZE: `http://127.0.0.1:${control.address().port}/` };
          const { code, output } = await runToItsEnd(script(url, transports, when), env);
          assert.equal(code, 0, `${name}: ${output}`);
        }
      } finally {
        control.closeAllConnections();
        await new Promise(resolve => control.close(resolve));
      }
    }),
  );

test('Node without a WebSocket says so, and uses SSE', limit, () =>
  withServer([], server =>
    withClient(server.http + '/api/v1/ws', { WebSocket: undefined }, async client => {
      if (globalThis.WebSocket) return; // Node 22 has one.
      client.connect();
      await reaches(client, 'connected');
      assert.equal(client.transport, 'sse');
      await withClient(
        server.http + '/api/v1/ws',
        { WebSocket: undefined, transports: ['websocket'] },
        async other => {
          other.connect();
          assert.match((await reaches(other, 'waiting')).error.message, /option WebSocket/);
        },
      );
    }),
  ),
);
