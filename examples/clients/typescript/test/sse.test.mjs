// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The reader of event streams, and the transport against a small HTTP server.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { eventually, moduleOf, patience, reaches, record, withClient } from './support.mjs';

const limit = { timeout: 60000 };
const { SseParser } = await moduleOf('sse_parser');

/// What a parser makes of a stream that comes in pieces of `size`.
function parse(stream, size = Infinity, most = 1000) {
  const seen = { events: [], retries: [] };
  const parser = new SseParser(
    { event: event => seen.events.push(event), retry: ms => seen.retries.push(ms) },
    most,
  );
  for (let at = 0; at < stream.length; at += size) parser.push(stream.slice(at, at + size));
  return seen;
}

test('a stream is read the same in whatever pieces and with whatever line ends it comes', () => {
  const lines = [
    '\uFEFF: hello',
    'data: one',
    '',
    'id: 7',
    'data:{"a":',
    'data: 1}',
    'unknown: x',
    '',
    ': ping',
    '',
    'retry: 1500',
    'event: close',
    'data: {"code":3008}',
    '',
    'event: empty',
    '',
    'data',
    '',
    'data: unfinished',
  ];
  const expected = {
    events: [
      { event: 'message', data: 'one' },
      { event: 'message', data: '{"a":\n1}' },
      { event: 'close', data: '{"code":3008}' },
      { event: 'message', data: '' },
    ],
    retries: [1500],
  };
  for (const end of ['\n', '\r\n', '\r'])
    for (const size of [1, 2, 3, 7, Infinity])
      assert.deepEqual(parse(lines.join(end), size), expected, JSON.stringify([end, size]));
});

test('an event that never ends is refused', () => {
  assert.throws(() => parse('data: ' + 'x'.repeat(2000)), RangeError);
  assert.throws(() => parse('data: 123456789\n'.repeat(200), 16), RangeError);
  assert.equal(parse('data: 123456789\n\n'.repeat(200), 16).events.length, 200);
});

/// An HTTP server with streams; `answer` may answer in its place.
async function withFake(answer, body, options) {
  const fake = { streams: [], posts: [], requests: [] };
  const server = createServer(async (request, response) => {
    fake.requests.push(request);
    let text = '';
    for await (const part of request) text += part;
    const post = text ? JSON.parse(text) : undefined;
    if (post) fake.posts.push(post);
    if (answer(request, response, post, fake)) return;
    if (post) return response.writeHead(202).end();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    fake.streams.push(response);
    response.say = message =>
      response.write(`data: ${JSON.stringify({ timestamp: '', payload: {}, ...message })}\n\n`);
    response.say({
      type: 'connected',
      payload: {
        connection_id: 'c',
        user_id: 'al',
        server_time: '',
        ping_interval_ms: 400,
        resumable: false,
        session: 's3cret',
      },
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${server.address().port}/api/v1/ws?user=al`;
    await withClient(url, { transports: ['sse'], ...options }, client => body(fake, client, url));
  } finally {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
}

const subscribed = (request, response, post, fake) => {
  if (post?.message.type === 'subscribe')
    fake.streams.at(-1).say({
      type: 'subscribed',
      request_id: post.message.request_id,
      payload: { rooms: post.message.payload.rooms },
    });
  return false;
};

test('what the client says is posted with its session, one after the other', limit, () =>
  withFake(subscribed, async (fake, client) => {
    const seen = record(client, 'device:a');
    client.connect();
    await seen.joined();
    for (let n = 0; n < 10; n++) client.send('n', n);
    await eventually(() => fake.posts.length === 11, patience, 'the posts');
    assert.ok(fake.posts.every(({ session }) => session === 's3cret'));
    assert.deepEqual(
      fake.posts.slice(1).map(({ message }) => message.payload),
      Array.from({ length: 10 }, (_, n) => n),
    );
    assert.equal(new URL(fake.requests[0].url, 'http://h').pathname, '/api/v1/sse');
    fake.streams[0].write('data: {"type":"n","room":"device:a","timestamp":"","payl');
    fake.streams[0].write('oad":"ä"}\n\n');
    await seen.got(1);
    assert.deepEqual(seen.payloads, ['ä']);
  }),
);

test('a token goes as a header, and what is posted after a refresh has the new one', limit, () => {
  let count = 0;
  const answer = (request, response, post, fake) => {
    if (post?.message.type === 'refresh')
      fake.streams.at(-1).say({
        type: 'refreshed',
        request_id: post.message.request_id,
        payload: { expires_at: '2030-01-01T00:00:00Z' },
      });
    return false;
  };
  return withFake(
    answer,
    async (fake, client) => {
      client.connect();
      await reaches(client, 'connected');
      await client.refresh();
      client.send('n');
      await eventually(() => fake.posts.length === 2, patience, 'the message');
      assert.deepEqual(fake.posts[0].message.payload, { token: 't2' });
      assert.deepEqual(
        fake.requests.map(({ headers }) => headers.authorization),
        ['Bearer t1', 'Bearer t1', 'Bearer t2'],
      );
    },
    { token: () => `t${++count}` },
  );
});

test('a close event is obeyed like a close frame, with its delay', limit, () =>
  withFake(
    () => false,
    async (fake, client) => {
      client.connect();
      await reaches(client, 'connected');
      fake.streams[0].end('retry: 700\n\nevent: close\ndata: {"code":3008,"reason":"too slow"}\n\n');
      const { code, reason, nextAttempt } = await reaches(client, 'waiting');
      assert.deepEqual([code, reason], [3008, 'too slow']);
      assert.ok(nextAttempt - Date.now() > -1500 && nextAttempt - Date.now() <= 700);
      await reaches(client, 'connected');
      fake.streams[1].end('event: close\ndata: {"code":3500,"reason":"bye"}\n\n');
      assert.equal((await reaches(client, 'closed')).code, 3500);
    },
  ),
);

test('comments are signs of life; silence and an unanswered ping are the end', limit, () =>
  withFake(
    () => false,
    async (fake, _, url) =>
      withClient(url, { transports: ['sse'], pongTimeout: 1000 }, async client => {
        client.connect();
        await reaches(client, 'connected');
        const alive = setInterval(() => fake.streams[0].write(': ping\n\n'), 100);
        await new Promise(resolve => setTimeout(resolve, 1000));
        clearInterval(alive);
        assert.equal(fake.streams.length, 1);
        await eventually(() => fake.streams.length >= 2, patience, 'another stream');
        assert.ok(fake.posts.some(({ message }) => message.type === 'ping'));
      }),
  ),
);

test('a POST that breaks half-way ends the link, and only what may be done twice is sent again', limit, () => {
  let broken = true;
  const answer = (request, response, post, fake) => {
    if (!post || post.message.type === 'subscribe') return subscribed(request, response, post, fake);
    if (broken) return request.socket.destroy() || true;
    fake.streams.at(-1).say({ type: post.message.type, request_id: post.message.request_id, payload: 'done' });
    return false;
  };
  return withFake(answer, async (fake, client) => {
    client.connect();
    await reaches(client, 'connected');
    const once = client.request('once').catch(({ code }) => code);
    const twice = client.request('twice', 1, { retry: true });
    assert.equal(await once, 'connection_lost');
    broken = false;
    assert.equal(await twice, 'done');
    assert.ok(fake.streams.length > 1);
  });
});

test('a session that is gone is connected anew; a refused message is an error of its own', limit, () => {
  let gone = false;
  const answer = (request, response, post) => {
    if (!post) return false;
    const refuse = (status, code) =>
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: { code, message: code } }));
    if (post.message.type === 'big') return refuse(413, 'message_too_large');
    if (post.message.type === 'often') return refuse(429, 'rate_limited');
    return gone ? refuse(404, 'not_found') : false;
  };
  return withFake(answer, async (fake, client) => {
    client.connect();
    await reaches(client, 'connected');
    await assert.rejects(client.request('big'), { code: 'message_too_large' });
    await assert.rejects(client.request('often'), { code: 'rate_limited' });
    assert.equal(fake.streams.length, 1);
    gone = true;
    await assert.rejects(client.request('anything'), { code: 'connection_lost' });
    gone = false;
    await reaches(client, 'connected');
  });
});

test(
  'a refusal is judged: too many is for now, with Retry-After, and a forbidden origin is for good',
  limit,
  () => {
    let refuse = { status: 429, code: 'too_many_connections', wait: '1' };
    const answer = (request, response) => {
      if (!refuse) return false;
      const headers = { 'content-type': 'application/json', ...(refuse.wait && { 'retry-after': refuse.wait }) };
      response
        .writeHead(refuse.status, headers)
        .end(JSON.stringify({ error: { code: refuse.code, message: 'no' } }));
      return true;
    };
    return withFake(answer, async (fake, client) => {
      client.connect();
      const { error, nextAttempt } = await reaches(client, 'waiting');
      assert.deepEqual([error.code, error.status], ['too_many_connections', 429]);
      assert.ok(nextAttempt - Date.now() <= 1000);
      refuse = undefined;
      await reaches(client, 'connected');
      refuse = { status: 403, code: 'origin_not_allowed' };
      fake.streams[0].destroy();
      assert.equal((await reaches(client, 'closed')).error.code, 'origin_not_allowed');
    });
  },
);

test('a proxy that answers with a page is no event stream, and the client keeps trying', limit, () => {
  let page = true;
  const answer = (request, response) => {
    if (page) response.writeHead(200, { 'content-type': 'text/html' }).end('<p>please log in');
    return page;
  };
  return withFake(answer, async (fake, client) => {
    client.connect();
    assert.equal((await reaches(client, 'waiting')).error.code, 'refused');
    page = false;
    await reaches(client, 'connected');
  });
});
