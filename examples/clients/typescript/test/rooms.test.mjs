// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Positions and rooms without a server: what is new, what is to be asked for, what is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moduleOf } from './support.mjs';

const { PositionTracker } = await moduleOf('positions');
const { Rooms } = await moduleOf('rooms');
const epoch = 'aaaaaaaaaaaaaaaa';
const at = (offset, of = epoch) => ({ epoch: of, offset });
const greeting = (fields = {}) => ({
  connection_id: 'c',
  user_id: '',
  server_time: '',
  ping_interval_ms: 54000,
  resumable: false,
  ...fields,
});
const said = (room, offset, of = epoch) => ({
  type: 'said',
  room,
  payload: offset,
  timestamp: '',
  epoch: of,
  offset,
});

/// Rooms with one that is joined at `position`.
function joinedAt(name, position, fields) {
  const rooms = new Rooms();
  rooms.greeted(greeting(fields), true);
  rooms.add(name, {});
  const { rooms: asked } = rooms.next(8192);
  rooms.answered(asked, { rooms: [name], positions: { [name]: position } });
  return rooms;
}

test('a message is new once, and jumps of the offset are no loss', () => {
  const tracker = new PositionTracker();
  tracker.restart(at(5));
  assert.deepEqual(
    [5, 6, 6, 9, 7, 10].map(offset => tracker.take(at(offset))),
    [false, true, false, true, false, true],
  );
  assert.deepEqual(tracker.at, at(10));
});

test('a new epoch begins anew, whatever its offsets', () => {
  const tracker = new PositionTracker();
  tracker.restart(at(50));
  assert.equal(tracker.take(at(1, 'b')), true);
  assert.equal(tracker.take(at(1, 'b')), false);
  assert.deepEqual(tracker.at, at(1, 'b'));
});

test('what comes live before the missed messages is used once, and does not move the position', () => {
  const tracker = new PositionTracker();
  tracker.restart(at(5));
  tracker.awaitMissed();
  assert.equal(tracker.take(at(8)), true);
  assert.equal(tracker.take(at(8)), false);
  assert.deepEqual(tracker.at, at(5));
  tracker.recovered();
  assert.deepEqual(
    [6, 7, 8, 9].map(offset => tracker.take(at(offset))),
    [true, true, false, true],
  );
  assert.deepEqual(tracker.at, at(9));
});

test('if the link breaks before the missed messages came, what came early is not used again after the next', () => {
  const tracker = new PositionTracker();
  tracker.restart(at(5));
  tracker.awaitMissed();
  tracker.take(at(8));
  tracker.recovered();
  assert.equal(tracker.take(at(6)), true); // and here it breaks
  tracker.awaitMissed();
  tracker.recovered();
  assert.deepEqual(
    [7, 8, 9].map(offset => tracker.take(at(offset))),
    [true, false, true],
  );
});

test('whoever asked for the last messages and lost the link before they came asks for what is after them', () => {
  for (const [end, from] of [[9, 6], [2, 0]]) {
    const rooms = new Rooms();
    rooms.greeted(greeting(), true);
    rooms.add('chat:a', { last: 3 });
    rooms.answered(rooms.next(8192).rooms, { rooms: ['chat:a'], positions: { 'chat:a': at(end) } });
    rooms.greeted(greeting(), false);
    assert.deepEqual(rooms.next(8192).payload, { rooms: ['chat:a'], since: { 'chat:a': at(from) } });
  }
});

test('a room is asked for with the position that the client has, and its last messages only where it has none', () => {
  const rooms = new Rooms();
  rooms.greeted(greeting(), true);
  rooms.add('chat:a', { last: 10 });
  rooms.add('chat:b', {});
  const first = rooms.next(8192);
  assert.deepEqual(first.payload, { rooms: ['chat:a', 'chat:b'], last: { 'chat:a': 10 } });
  assert.equal(rooms.next(8192), undefined);
  rooms.answered(first.rooms, { rooms: ['chat:a', 'chat:b'], positions: { 'chat:a': at(20), 'chat:b': at(3) } });
  for (const offset of [11, 12, 13])
    assert.equal(rooms.take(said('chat:a', offset)).fresh, true, 'the last messages are below its position');
  rooms.greeted(greeting(), true);
  assert.deepEqual(rooms.next(8192).payload, {
    rooms: ['chat:a', 'chat:b'],
    since: { 'chat:a': at(13), 'chat:b': at(3) },
  });
});

test('recovered true keeps the position, false moves it and is a gap', () => {
  const rooms = joinedAt('chat:a', at(3));
  rooms.greeted(greeting(), true);
  let { rooms: asked } = rooms.next(8192);
  let {
    news: [{ news }],
  } = rooms.answered(asked, {
    rooms: ['chat:a'],
    recovered: { 'chat:a': { recovered: true } },
    positions: { 'chat:a': at(9) },
  });
  assert.equal(news.recovered.recovered, true);
  assert.equal(news.gap, undefined);
  assert.deepEqual(rooms.get('chat:a').positions.at, at(3));
  rooms.greeted(greeting(), true);
  ({ rooms: asked } = rooms.next(8192));
  ({
    news: [{ news }],
  } = rooms.answered(asked, {
    rooms: ['chat:a'],
    recovered: { 'chat:a': { recovered: false } },
    positions: { 'chat:a': at(1, 'b') },
  }));
  assert.equal(news.recovered.recovered, false);
  assert.equal(news.gap.reason, 'not_recovered');
  assert.deepEqual(rooms.get('chat:a').positions.at, at(1, 'b'));
});

test('a room without history is a gap after a reconnect, but not the first time', () => {
  const rooms = joinedAt('device:a', undefined);
  rooms.greeted(greeting(), true);
  const { payload, rooms: asked } = rooms.next(8192);
  assert.deepEqual(payload, { rooms: ['device:a'] });
  const {
    news: [{ news }],
  } = rooms.answered(asked, { rooms: ['device:a'] });
  assert.equal(news.gap.reason, 'reconnected');
});

test("the user's own room is caught up with from the position of the connection before", () => {
  const rooms = new Rooms();
  rooms.greeted(greeting({ user_id: 'al', positions: { 'user:al': at(4) } }), true);
  assert.equal(rooms.next(8192), undefined, 'the first time there is nothing to ask for');
  assert.equal(rooms.take(said('user:al', 5)).fresh, true);
  rooms.greeted(greeting({ user_id: 'al', positions: { 'user:al': at(9) } }), true);
  const { payload, rooms: asked } = rooms.next(8192);
  assert.deepEqual(payload, { rooms: ['user:al'], since: { 'user:al': at(5) } });
  assert.equal(rooms.take(said('user:al', 10)).fresh, true, 'live, before the answer');
  rooms.answered(asked, {
    rooms: ['user:al'],
    recovered: { 'user:al': { recovered: true } },
    positions: { 'user:al': at(10) },
  });
  assert.deepEqual(
    [6, 9, 10, 11].map(offset => rooms.take(said('user:al', offset)).fresh),
    [true, true, false, true],
  );
});

test('many rooms are asked for in messages that the server takes, each room once', () => {
  const rooms = new Rooms();
  rooms.greeted(greeting(), true);
  const names = Array.from({ length: 128 }, (_, n) => `chat:${'ä'.repeat(50)}${n}`);
  for (const name of names) rooms.add(name, { since: at(2 ** 52) });
  const asked = [];
  for (let batch; (batch = rooms.next(8192)); asked.push(...batch.payload.rooms)) {
    const bytes = Buffer.byteLength(
      JSON.stringify({ type: 'subscribe', payload: batch.payload, request_id: 'c123456' }),
    );
    assert.ok(bytes <= 8192, `${bytes} bytes`);
  }
  assert.deepEqual(asked, names);
});

test('the resume token goes once, with the rooms that only the server knows; no room that was left comes back', () => {
  const resumable = token => greeting({ resumable: true, resume_token: token });
  const rooms = joinedAt('chat:a', at(1), resumable('t1'));
  const kept = rooms.add('chat:b', {});
  rooms.answered(rooms.next(8192).rooms, { rooms: ['chat:b'], positions: { 'chat:b': at(0) } });
  assert.equal(rooms.take(said('group:x', 7)).fresh, true, 'the application has joined it on the server');
  rooms.remove(kept.room, [...kept.room.subscriptions][0], false);
  rooms.greeted(resumable('t2'), true);
  const { payload, rooms: asked } = rooms.next(8192);
  assert.deepEqual(payload, { rooms: ['chat:a'], resume: 't1', since: { 'group:x': at(7), 'chat:a': at(1) } });
  const answer = rooms.answered(asked, {
    rooms: ['chat:a', 'chat:b', 'group:x'],
    resumed: true,
    recovered: { 'chat:a': { recovered: true }, 'group:x': { recovered: true } },
  });
  assert.deepEqual(answer.leave, ['chat:b']);
  assert.deepEqual(answer.lost, []);
  rooms.greeted(resumable('t3'), true);
  const again = rooms.next(8192);
  assert.equal(again.payload.resume, 't2');
  const refused = [{ room: 'group:x', code: 'not_subscribed', message: '' }];
  const { lost } = rooms.answered(again.rooms, {
    rooms: ['chat:a'],
    rejected: refused,
    resumed: false,
    recovered: { 'chat:a': { recovered: true } },
  });
  assert.deepEqual(lost, [{ room: 'group:x', reason: 'not_recovered' }]);
});

test('what still comes from a room that was left belongs to nobody, not even to who joins it again', () => {
  const rooms = joinedAt('chat:a', at(1));
  const old = rooms.get('chat:a');
  assert.equal(rooms.remove(old, [...old.subscriptions][0], true), true);
  rooms.leaving('chat:a');
  rooms.add('chat:a', {});
  assert.equal(rooms.take(said('chat:a', 2)).fresh, false);
  rooms.hasLeft('chat:a', true);
  const { rooms: asked, payload } = rooms.next(8192);
  assert.deepEqual(payload, { rooms: ['chat:a'] });
  rooms.answered(asked, { rooms: ['chat:a'], positions: { 'chat:a': at(4) } });
  assert.deepEqual(
    [4, 5].map(offset => rooms.take(said('chat:a', offset)).fresh),
    [false, true],
  );
});

test('a refused room is told so and asked for on the next connection; one that is busy is asked for again', () => {
  const rooms = new Rooms();
  rooms.greeted(greeting(), true);
  rooms.add('secret:1', {});
  rooms.add('chat:a', {});
  const outcome = rooms.answered(rooms.next(8192).rooms, {
    rooms: [],
    rejected: [
      { room: 'secret:1', code: 'forbidden', message: 'not allowed' },
      { room: 'chat:a', code: 'too_many_requests', message: '' },
    ],
  });
  assert.deepEqual(
    outcome.rejected.map(({ rejection }) => rejection.code),
    ['forbidden'],
  );
  assert.equal(outcome.again, true);
  assert.deepEqual(rooms.next(8192).payload.rooms, ['chat:a']);
  rooms.greeted(greeting(), true);
  assert.deepEqual(rooms.next(8192).payload.rooms, ['secret:1', 'chat:a']);
});

test('a room that is refused for now is asked for again', () => {
  for (const code of ['rate_limited', 'too_many_requests', 'not_subscribed']) {
    const rooms = new Rooms();
    rooms.greeted(greeting(), true);
    rooms.add('chat:a', {});
    const rejected = [{ room: 'chat:a', code, message: '' }];
    const outcome = rooms.answered(rooms.next(8192).rooms, { rooms: [], rejected });
    assert.deepEqual([outcome.rejected, outcome.again], [[], true], code);
    assert.deepEqual(rooms.next(8192).payload.rooms, ['chat:a'], code);
  }
});

test('a room that is not decided about in time is asked for apart, later each time, and not for ever', () => {
  const rooms = new Rooms({ min: 1000, max: 4000, random: () => 1 });
  rooms.greeted(greeting(), true);
  for (const name of ['slow', 'a']) rooms.add(name, {});
  const rejected = [{ room: 'slow', code: 'timed_out', message: '' }];
  let { rooms: asked } = rooms.next(8192);
  const delays = [];
  for (;;) {
    const outcome = rooms.answered(asked, { rooms: ['a'], rejected });
    assert.deepEqual([outcome.again, rooms.next(8192)], [false, undefined]);
    if (rooms.due === undefined) {
      assert.deepEqual(
        outcome.rejected.map(({ rejection }) => rejection),
        rejected,
      );
      break;
    }
    assert.deepEqual([outcome.rejected, rooms.nextSlow(8192)], [[], undefined], 'not before its time');
    delays.push(Math.round((rooms.due - performance.now()) / 1000));
    rooms.get('slow').due = 0;
    const batch = rooms.nextSlow(8192);
    assert.deepEqual(batch.payload.rooms, ['slow']);
    asked = batch.rooms;
  }
  assert.deepEqual(delays, [1, 2, 4, 4, 4, 4]);
  rooms.add('slow', {});
  assert.deepEqual(rooms.next(8192).payload.rooms, ['slow'], 'a new subscription begins anew');
});

test('a room that another credential brings is joined, or asked for where something was missed', () => {
  const rooms = joinedAt('chat:a', at(3));
  rooms.add('chat:b', {});
  rooms.answered(rooms.next(8192).rooms, {
    rooms: [],
    rejected: [{ room: 'chat:b', code: 'forbidden', message: '' }],
  });
  const positions = { 'chat:b': at(7), 'chat:c': at(8) };
  const { news, ask } = rooms.refreshed({ joined: ['chat:a', 'chat:b', 'chat:c', 'chat:d'], positions });
  assert.deepEqual(
    news.map(({ room, news }) => [room.name, news.subscribed.position]),
    [
      ['chat:b', at(7)],
      ['chat:c', at(8)],
    ],
  );
  assert.deepEqual([ask, rooms.get('chat:d'), rooms.get('chat:a').positions.at], [false, undefined, at(3)]);
  assert.deepEqual(['chat:a', 'chat:b', 'chat:c'].map(name => rooms.get(name).own), [true, true, true]);
  assert.deepEqual(rooms.refreshed({ left: ['chat:b', 'chat:c', 'chat:e'] }), { news: [], ask: true });
  assert.equal(rooms.get('chat:c'), undefined);
  assert.deepEqual(rooms.next(8192).payload, { rooms: ['chat:b'], since: { 'chat:b': at(7) } });
  rooms.refreshed({ left: ['chat:a'] });
  rooms.next(8192);
  const again = rooms.refreshed({ joined: ['chat:a'], positions: { 'chat:a': at(9) } });
  assert.deepEqual([again, rooms.get('chat:a').own], [{ news: [], ask: false }, true], 'the answer is on its way');
});

test('a token that does not fit beside a resume token goes in a message of its own', () => {
  const rooms = new Rooms();
  rooms.greeted(greeting({ resumable: true, resume_token: 't1' }), true);
  rooms.greeted(greeting(), true);
  const token = 'x'.repeat(8020);
  rooms.add('chat:a', { token });
  assert.deepEqual(rooms.next(8192).payload, { rooms: [], resume: 't1' });
  assert.deepEqual(rooms.next(8192).payload, { rooms: ['chat:a'], tokens: { 'chat:a': token } });
});

test('a gap that names a position moves the stream there', () => {
  const rooms = joinedAt('chat:a', at(1));
  rooms.gap('chat:a', at(40));
  assert.deepEqual(
    [39, 40, 41].map(offset => rooms.take(said('chat:a', offset)).fresh),
    [false, false, true],
  );
});

test('a room whose leaving did not reach the server is left when a resume token has brought it back', () => {
  const resumable = token => greeting({ resumable: true, resume_token: token });
  const rooms = joinedAt('chat:a', at(1), resumable('t1'));
  const old = rooms.get('chat:a');
  assert.equal(rooms.remove(old, [...old.subscriptions][0], true), true);
  rooms.leaving('chat:a');
  rooms.hasLeft('chat:a', false);
  rooms.greeted(resumable('t2'), true);
  const { rooms: asked } = rooms.next(8192);
  assert.equal(rooms.take(said('chat:a', 2)).fresh, false, 'it is nobody\'s');
  assert.deepEqual(rooms.answered(asked, { rooms: ['chat:a'], resumed: true }).leave, ['chat:a']);
});

test('a wish that is refused as a whole is repeated room by room, so that one cannot spoil the others', () => {
  const rooms = new Rooms();
  rooms.greeted(greeting(), true);
  for (const name of ['a', 'b', 'c']) rooms.add(name, {});
  const { rooms: asked } = rooms.next(8192);
  const error = Object.assign(new Error('no text'), { code: 'invalid_json' });
  assert.deepEqual(rooms.failed(asked, error, false).rejected, []);
  for (const name of ['a', 'b', 'c']) {
    const one = rooms.next(8192);
    assert.deepEqual(one.payload.rooms, [name]);
    if (name !== 'b') rooms.answered(one.rooms, { rooms: [name] });
    else
      assert.deepEqual(
        rooms.failed(one.rooms, error, false).rejected.map(({ rejection }) => rejection),
        [{ room: 'b', code: 'invalid_json', message: 'no text' }],
      );
  }
  assert.equal(rooms.next(8192), undefined);
});

test('rooms that did not fit into the message with the token are told as lost, and begin anew', () => {
  const resumable = token => greeting({ resumable: true, resume_token: token });
  const rooms = new Rooms();
  rooms.greeted(resumable('t1'), true);
  const names = Array.from({ length: 70 }, (_, n) => `group:${n}`);
  for (const name of names) rooms.take(said(name, 1));
  rooms.greeted(resumable('t2'), true);
  const { rooms: asked } = rooms.next(8192);
  const recovered = Object.fromEntries(names.map(name => [name, { recovered: true }]));
  const { lost, news } = rooms.answered(asked, { rooms: names, resumed: true, recovered });
  assert.equal(news.length + lost.length, 70);
  assert.ok(lost.length > 0 && lost.every(({ reason }) => reason === 'not_recovered'));
  assert.equal(rooms.take(said('group:69', 5)).fresh, true);
  assert.deepEqual(rooms.get('group:69').positions.at, at(5));
});

test("a later subscription's position does not disturb a room that is joined, nor one of an object's own names", () => {
  const rooms = joinedAt('constructor', undefined);
  rooms.add('constructor', { since: at(1) });
  assert.equal(rooms.take(said('constructor', 7)).fresh, true);
  assert.deepEqual(rooms.get('constructor').positions.at, at(7));
  rooms.greeted(greeting(), true);
  assert.equal(rooms.get('constructor').own, false);
});

test("the user's own room is never left, also where it keeps no history", () => {
  const rooms = new Rooms();
  rooms.greeted(greeting({ user_id: 'al' }), true);
  const options = {};
  const { room } = rooms.add('user:al', options);
  rooms.answered(rooms.next(8192).rooms, { rooms: ['user:al'] });
  assert.equal(rooms.remove(room, options, true), false);
  assert.equal(rooms.take({ type: 'notification', room: 'user:al', payload: {}, timestamp: '' }).fresh, true);
});
