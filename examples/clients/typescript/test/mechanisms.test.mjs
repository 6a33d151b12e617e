// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Delays, verdicts, routes, the queue, the heartbeat: without a server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, moduleOf, patience } from './support.mjs';

const { Backoff } = await moduleOf('backoff');
const { readReason, shouldReconnect } = await moduleOf('close');
const { Heartbeat } = await moduleOf('heartbeat');
const { Outgoing } = await moduleOf('outgoing');
const { refusal } = await moduleOf('refusal');
const { Route } = await moduleOf('route');
const { settingsFrom } = await moduleOf('options');
const { verdictOn } = await moduleOf('verdict');
const { sseUrl, websocketUrl, withTicket } = await moduleOf('urls');

test('delays are random below a ceiling that doubles from 1 s to 30 s, and begin anew after a success', () => {
  const highest = new Backoff(1000, 30000, () => 1);
  assert.deepEqual(
    Array.from({ length: 7 }, () => highest.next()),
    [1000, 2000, 4000, 8000, 16000, 30000, 30000],
  );
  highest.reset();
  assert.equal(highest.next(), 1000);
  const lowest = new Backoff(1000, 30000, () => 0);
  assert.deepEqual([lowest.next(), lowest.next()], [0, 0]);
  const refused = new Backoff(1000, 30000, () => 0);
  assert.deepEqual(
    Array.from({ length: 7 }, () => refused.next(0.5)),
    [500, 1000, 2000, 4000, 8000, 15000, 15000],
  );
  assert.equal(new Backoff(1000, 30000, () => 1).next(0.5), 1000);
  const some = Array.from({ length: 200 }, () => new Backoff(1000, 30000).next());
  assert.ok(some.every(ms => ms >= 0 && ms <= 1000) && new Set(some).size > 50, 'full jitter');
});

test('the close codes are obeyed as the server means them', () => {
  for (const code of [1001, 1005, 1006, 1011, 1012, 1013, 3000, 3001, 3008, 3499])
    assert.equal(shouldReconnect(code), true, code);
  for (const code of [1000, 1002, 1003, 1007, 1008, 1009, 3500, 3501, 3999, 4000])
    assert.equal(shouldReconnect(code), false, code);
});

test('refusals that another attempt would not change are the end', () => {
  const of = (status, fromServer = false) => verdictOn({ code: 1006, reason: '', status, fromServer });
  assert.deepEqual([of(400, true), of(403, true), of(431, true), of(431)], Array(4).fill('never'));
  assert.deepEqual([of(400), of(403), of(503, true), of(401), of(401, true)], [
    ...Array(3).fill('again'),
    ...Array(2).fill('refused'),
  ]);
});

test('a reason may name a delay, and any other text is only a text', () => {
  assert.deepEqual(readReason('{"reason":"shutdown","delay_ms":1811}'), { text: 'shutdown', delay: 1811 });
  assert.deepEqual(readReason('too slow'), { text: 'too slow' });
  assert.deepEqual(readReason('{oh'), { text: '{oh' });
  assert.deepEqual(readReason('{"delay_ms":-1,"reason":"x"}'), { text: 'x' });
  assert.equal(readReason('{"delay_ms":1e12}').delay, 600000);
});

test('a refusal may name a delay, too, and neither keeps a client away for more than ten minutes', async () => {
  const delayOf = async wait =>
    (await refusal(new Response('busy', { status: 503, headers: { 'retry-after': wait } }))).delay;
  assert.deepEqual(
    await Promise.all(['0', '7', '600', '86400', '1e999', '-1', 'soon'].map(delayOf)),
    [0, 7000, 600000, 600000, 600000, undefined, undefined],
  );
});

test('SSE is tried at once where no WebSocket ever worked, and late where one did', () => {
  const fresh = new Route(['websocket', 'sse'], 1000);
  assert.deepEqual(fresh.next(0), ['websocket', 'sse']);
  fresh.worked('sse', 0);
  assert.deepEqual(fresh.next(999), ['sse']);
  assert.deepEqual(fresh.next(1000), ['websocket', 'sse']);
  const proven = new Route(['websocket', 'sse'], 1000);
  proven.worked('websocket', 0);
  for (let n = 0; n < 3; n++, proven.failed()) assert.deepEqual(proven.next(0), ['websocket']);
  assert.deepEqual(proven.next(0), ['websocket', 'sse']);
  proven.worked('sse', 0);
  assert.deepEqual(proven.next(0), ['websocket'], 'SSE was a way out, and no proof that WebSocket is blocked');
  for (let n = 0; n < 3; n++) proven.failed();
  proven.networkChanged();
  assert.deepEqual(proven.next(0), ['websocket'], 'what failed as the network came back is no proof');
  proven.forget();
  assert.deepEqual(proven.next(0), ['websocket', 'sse']);
  assert.deepEqual(new Route(['sse', 'websocket'], 1000).next(0), ['sse', 'websocket']);
  assert.deepEqual(new Route(['websocket'], 1000).next(0), ['websocket']);
});

test('addresses: either scheme, beside each other, relative only on a page', () => {
  assert.equal(websocketUrl('https://h/api/v1/ws?user=a').href, 'wss://h/api/v1/ws?user=a');
  assert.equal(sseUrl('ws://h:81/api/v1/ws?user=a').href, 'http://h:81/api/v1/sse?user=a');
  assert.equal(sseUrl('ws://h/x', 'https://g/y').href, 'https://g/y');
  assert.equal(withTicket(new URL('ws://h/x?a=1'), 'p+q'), 'ws://h/x?a=1&ticket=p%2Bq');
  assert.throws(() => websocketUrl('/api/v1/ws'), { code: 'invalid_argument' });
  assert.throws(() => websocketUrl('ftp://h/'), { code: 'invalid_argument' });
});

test('options that make no sense are refused by name', () => {
  assert.throws(() => settingsFrom({ connectTimeout: -1 }), /connectTimeout/);
  assert.throws(() => settingsFrom({ backoff: { max: 'long' } }), /max/);
  assert.throws(() => settingsFrom({ transports: [] }), /transports/);
  assert.throws(() => settingsFrom({ transports: ['carrier pigeon'] }), /transports/);
});

/// An Outgoing over a link that can be up or down, and what it sent.
function outgoing(limits = {}) {
  const link = { up: false, sent: [] };
  const out = new Outgoing({ maxQueue: 3, maxQueueBytes: 1000, maxMessageBytes: 500, ...limits }, text => {
    if (link.up) link.sent.push(JSON.parse(text));
    return link.up;
  });
  const ask = (type, options = {}) => {
    const asked = { done: false };
    out.request(
      { type },
      {
        timeout: patience,
        retry: false,
        ...options,
        settled: (error, answer) => Object.assign(asked, { done: true, error, answer }),
      },
    );
    return asked;
  };
  return { link, out, ask };
}

test('while the link is down messages wait in order, and what does not fit is refused', () => {
  const { link, out, ask } = outgoing();
  out.send({ type: 'a' });
  const b = ask('b');
  out.send({ type: 'c' });
  assert.throws(() => out.send({ type: 'd' }), { code: 'queue_full' });
  assert.throws(() => ask('d'), { code: 'queue_full' });
  assert.throws(() => out.send({ type: 'e', payload: 'x'.repeat(600) }), { code: 'message_too_large' });
  assert.equal(out.queued, 3);
  link.up = true;
  out.flush();
  assert.deepEqual(
    link.sent.map(({ type }) => type),
    ['a', 'b', 'c'],
  );
  assert.equal(out.answer({ type: 'b', payload: 1, request_id: link.sent[1].request_id }), true);
  assert.equal(b.answer.payload, 1);
});

test('the bytes that wait are bounded, too', () => {
  const { out } = outgoing({ maxQueue: 100 });
  out.send({ type: 'a', payload: 'ä'.repeat(200) });
  out.send({ type: 'a', payload: 'ä'.repeat(200) });
  assert.throws(() => out.send({ type: 'a', payload: 'ä'.repeat(200) }), { code: 'queue_full' });
});

test('no more requests are open at once than the server answers', () => {
  const { link, out, ask } = outgoing({ maxQueue: 100, maxQueueBytes: 100000 });
  link.up = true;
  const all = Array.from({ length: 30 }, () => ask('q'));
  assert.ok(link.sent.length < 16, String(link.sent.length));
  for (let n = 0; n < 30; n++) out.answer({ type: 'q', payload: n, request_id: link.sent[n].request_id });
  assert.deepEqual(
    all.map(({ answer }) => answer.payload),
    all.map((_, n) => n),
  );
});

test('when the link breaks, what may be done twice is sent again first, and the rest fails', () => {
  const { link, out, ask } = outgoing();
  link.up = true;
  const [once, twice] = [ask('once'), ask('twice', { retry: true })];
  link.up = false;
  const later = ask('later');
  out.linkLost();
  assert.equal(once.error.code, 'connection_lost');
  assert.deepEqual([twice.done, later.done], [false, false]);
  link.up = true;
  out.flush();
  assert.deepEqual(
    link.sent.map(({ type }) => type),
    ['once', 'twice', 'twice', 'later'],
  );
  out.clear(Object.assign(new Error('over'), { code: 'closed' }));
  assert.deepEqual([twice.error.code, later.error.code], ['closed', 'closed']);
});

test('an error answers its request; a time-out frees the place in the queue', async () => {
  const { link, out, ask } = outgoing();
  const late = ask('late', { timeout: 20 });
  await eventually(() => late.done, patience, 'time-out');
  assert.equal(late.error.code, 'timed_out');
  assert.equal(out.queued, 0);
  link.up = true;
  const bad = ask('bad');
  out.answer({ type: 'error', payload: { code: 'forbidden', message: 'no' }, request_id: link.sent[0].request_id });
  assert.equal(bad.error.code, 'forbidden');
  assert.equal(out.answer({ type: 'news', payload: {} }), false);
});

test('a heartbeat asks after a silence, and only a silence after that is the end', async () => {
  const seen = { asked: 0, dead: 0 };
  const beat = new Heartbeat({
    silence: 30,
    patience: 200,
    ask: () => {
      seen.asked++;
      if (seen.asked < 4) queueMicrotask(() => beat.life());
    },
    dead: () => seen.dead++,
  });
  await eventually(() => seen.dead, patience, 'the end');
  assert.ok(seen.asked >= 4);
  assert.equal(seen.dead, 1);
  beat.stop();
});

test('a heartbeat gives one who slept a second chance, and only one', async () => {
  const seen = { asked: 0, dead: 0 };
  const sleep = () => {
    const end = performance.now() + 60;
    while (performance.now() < end); // Timers are late, as in a hidden page.
  };
  const beat = new Heartbeat({
    silence: 10,
    patience: 20,
    ask: () => {
      seen.asked++;
      setTimeout(sleep);
    },
    dead: () => seen.dead++,
  });
  await eventually(() => seen.dead, patience, 'the end');
  assert.deepEqual(seen, { asked: 2, dead: 1 });
  beat.stop();
});
