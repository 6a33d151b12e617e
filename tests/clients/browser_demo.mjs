// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Chromium opens the notification centre: rooms, feed, devices, the connection. browser_inbox.mjs has the bell.
//   node browser_demo.mjs NOTIFICATION_SERVER
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { by, connected, inState, keepToasts, newPage, shot, withPage, withRedis } from './browser_support.mjs';
import { eventually, patience, post, publish, runTests, startServer, test } from './support.mjs';

const [notificationServer] = process.argv.slice(2);
const run = promisify(execFile);
const withDemo = (args, query, body, options) => withPage(notificationServer, args, query, body, options);

const rows = (page, type, text) =>
  by(page, 'row').and(page.locator(`[data-type="${type}"]`)).filter({ hasText: text });
const row = (page, type, text) => rows(page, type, text).first();
const joinedRoom = (page, room) => by(page, 'rooms').locator(`[data-room="${room}"][data-state=joined]`);
const numbers = texts => texts.map(text => Number(text.match(/number (\d+)/)[1]));

test('an alert posted with curl appears in the feed and as a toast', () =>
  withDemo(['--no-self-telemetry'], '?user=alice', async (page, server) => {
    assert.notEqual(await by(page, 'connection-id').textContent(), '');
    await joinedRoom(page, 'global').waitFor();
    const body = { room: 'global', type: 'alert',
      payload: { device_id: 'sensor-001', severity: 'critical', message: 'Too hot <img src=x onerror=alert(1)>' } };
    const { stdout } = await run('curl', ['--silent', '--show-error', '--fail', '--max-time', '10', '-X', 'POST',
      server.http + '/api/v1/publish', '-H', 'Content-Type: application/json', '-d', JSON.stringify(body)]);
    JSON.parse(stdout);
    await row(page, 'alert', 'Too hot').waitFor();
    const toast = by(page, 'toast').filter({ hasText: 'Too hot <img src=x onerror=alert(1)>' });
    await toast.waitFor();
    assert.match(await toast.getAttribute('class'), /critical/);
    assert.equal(await page.locator('#toasts img, #feed img').count(), 0);
    await shot(page, 'alert-light');
  }));

test('the command in the box works in a shell as it stands', () =>
  withDemo(['--no-self-telemetry'], '?user=alice', async page => {
    for (const [kind, type, text] of [['alert', 'alert', 'Temperature above'], ['telemetry', 'telemetry', '28.7'],
      ['device_status', 'device_status', 'offline'], ['notification', 'notification', 'To one user']]) {
      await by(page, 'preset').selectOption(kind);
      await run('sh', ['-c', (await by(page, 'curl').textContent()) + ' --silent --show-error --fail --max-time 10']);
      await row(page, type, text).waitFor();
    }
    const card = page.locator('[data-testid=card][data-device=sensor-001]');
    await card.locator('.chip', { hasText: 'offline' }).waitFor();
    await card.locator('[data-metric=temperature]', { hasText: '28.7' }).waitFor();
  }));

test('rooms are joined and left with the form, and a refused room is named with the reason', () =>
  withDemo(['--no-self-telemetry'], '?rooms=device:first', async (page, server) => {
    await joinedRoom(page, 'device:first').waitFor();
    await by(page, 'room-input').fill('device:second');
    await page.keyboard.press('Enter');
    await joinedRoom(page, 'device:second').waitFor();
    await by(page, 'room-input').fill('no-such-namespace:1');
    await by(page, 'room-join').click();
    const refused = by(page, 'refused').locator('[data-room="no-such-namespace:1"]');
    await refused.waitFor();
    assert.match(await refused.locator('.why').textContent(), /\w+.*\(\w+\)/);
    await publish(server, 'device:second', 'telemetry', { device_id: 'second', temperature: 21.5 });
    await by(page, 'card').filter({ hasText: 'second' }).locator('[data-metric]', { hasText: '21.5' }).waitFor();
    await by(page, 'rooms').locator('[data-room="device:second"]').getByRole('button', { name: 'Leave' }).click();
    await by(page, 'rooms').locator('[data-room="device:second"]').waitFor({ state: 'detached' });
    await publish(server, 'device:second', 'alert', { message: 'not for us' });
    await publish(server, 'global', 'alert', { message: 'for us' });
    await row(page, 'alert', 'for us').waitFor();
    assert.equal(await row(page, 'alert', 'not for us').count(), 0);
    const told = { message: 'both rooms' };
    await Promise.all(['device:first', 'global'].map(room => publish(server, room, 'alert', told)));
    await eventually(async () => await rows(page, 'alert', told.message).count() === 2, patience, 'both in the feed');
    assert.equal(await by(page, 'toast').filter({ hasText: 'both rooms' }).count(), 1);
  }));

for (const colorScheme of ['light', 'dark']) {
  test(`the telemetry of this machine arrives every second (${colorScheme})`, () =>
    withDemo([], '', async page => {
      const card = by(page, 'card').first();
      await card.waitFor();
      await card.locator('[data-metric=cpu_percent]', { hasText: /^\d+\.\d %$/ }).waitFor();
      await card.locator('[data-metric=memory_percent]', { hasText: /^\d+\.\d %$/ }).waitFor();
      await card.locator('[data-metric=net_rx_bps]', { hasText: /bit\/s$/ }).waitFor();
      await card.locator('.chip', { hasText: 'online' }).waitFor();
      const line = card.locator('path.line').first();
      await eventually(async () => /L.*L.*L.*L/.test(await line.getAttribute('d')), patience, 'five points drawn');
      await by(page, 'rate').filter({ hasNotText: /^0$/ }).waitFor();
      await shot(page, `telemetry-${colorScheme}`);
    }, { colorScheme }));
}

for (const signal of ['SIGTERM', 'SIGKILL']) {
  test(`after ${signal} and a restart the page connects again and has its rooms back`, () =>
    withDemo(['--no-self-telemetry'], '?rooms=device:mine', async (page, server) => {
      await joinedRoom(page, 'device:mine').waitFor();
      const before = await by(page, 'connection-id').textContent();
      await server.stop(signal);
      await page.locator('[data-testid=state]:not([data-state=connected])').waitFor();
      await by(page, 'detail').filter({ hasText: /next attempt in/ }).waitFor();
      await shot(page, `away-${signal}`);
      page.faults = []; // Attempts while nobody listens are errors on the console, rightly.
      const again = await startServer(notificationServer, ['--no-self-telemetry', '--port', String(server.port)]);
      try {
        await connected(page);
        await joinedRoom(page, 'device:mine').waitFor();
        page.faults = [];
        assert.notEqual(await by(page, 'connection-id').textContent(), before);
        await publish(again, 'device:mine', 'alert', { severity: 'warning', message: 'back again' });
        await row(page, 'alert', 'back again').waitFor();
      } finally {
        await again.stop();
      }
      page.faults = [];
    }));
}

/// Answers the page's WebSocket in the server's place; `handle(socket, n)` gets the n-th connection.
async function scripted(page, handle) {
  let connections = 0;
  await page.routeWebSocket(/\/api\/v1\/ws/, socket => {
    socket.say = (type, payload, more = {}) =>
      socket.send(JSON.stringify({ type, payload, timestamp: new Date().toISOString(), ...more }));
    handle(socket, ++connections);
  });
  return () => connections;
}

const hello = { connection_id: 'scripted', user_id: '', ping_interval_ms: 1000, resumable: true };

test('a close code from 3500 on ends the attempts until the user asks for one', () =>
  withDemo(['--no-self-telemetry'], '', async page => {
    const count = await scripted(page, (socket, n) => {
      socket.say('connected', hello);
      if (n === 1) socket.close({ code: 3500, reason: 'disconnected' });
    });
    await page.clock.install();
    await page.reload();
    await inState(page, 'closed');
    await by(page, 'detail').filter({ hasText: 'disconnected (3500)' }).waitFor();
    await page.clock.runFor(60000); // A minute is twice the longest delay.
    assert.equal(count(), 1);
    await by(page, 'connect-now').click();
    await connected(page);
    assert.equal(count(), 2);
  }));

test('the delay that the close reason names is kept, and rooms are rejoined from the position reached', () =>
  withDemo(['--no-self-telemetry'], '', async page => {
    const times = [], asked = [];
    await scripted(page, (socket, n) => {
      times.push(performance.now());
      socket.onMessage(text => {
        const { type, request_id, payload } = JSON.parse(text);
        if (type === 'ping') return socket.say('pong', undefined, { request_id });
        asked.push(payload);
        const at = { epoch: 'e2', offset: 1 };
        socket.say('subscribed', { rooms: payload.rooms, rejected: [], positions: n === 1 ? {} : { global: at },
          recovered: n === 1 ? {} : { global: { recovered: false, ...at } } }, { request_id });
        if (n > 1) return socket.say('gap', { reason: 'slow_receiver', dropped: 17 }, { room: 'global' });
        socket.say('alert', { message: 'kept' }, { room: 'global', epoch: 'e1', offset: 41 });
        times.push(performance.now());
        socket.close({ code: 3001, reason: JSON.stringify({ reason: 'shutdown', delay_ms: 2500 }) });
      });
      socket.say('connected', hello);
    });
    await page.reload();
    await row(page, 'gap', '17 messages were dropped').waitFor();
    await row(page, 'gap', 'what was missed is gone').waitFor();
    assert.deepEqual(asked[1].since, { global: { epoch: 'e1', offset: 41 } });
    const waited = times[2] - times[1];
    assert.ok(waited > 2400, `came back after ${Math.round(waited)} ms`);
  }));

test('a server that falls silent is left behind', () =>
  withDemo(['--no-self-telemetry'], '', async page => {
    const count = await scripted(page, socket => socket.say('connected', hello)); // Pings, but no pong.
    await page.clock.install();
    await page.reload();
    await connected(page);
    await page.clock.runFor(5000);
    assert.equal(await by(page, 'state').getAttribute('data-state'), 'connected'); // Ten seconds of patience.
    await page.clock.runFor(7000);
    await eventually(() => count() > 1, patience, 'a second connection');
    await row(page, 'closed', 'no sign of life').waitFor();
  }));

test('what comes live before the missed messages, or twice, makes no hole and no repetition', () =>
  withDemo(['--no-self-telemetry'], '', async page => {
    const room = 'user:alice', epoch = 'e1', asked = [];
    await scripted(page, (socket, n) => {
      const say = offset => socket.say('note', { text: `number ${offset}.` }, { room, epoch, offset });
      socket.onMessage(text => {
        const { type, request_id, payload } = JSON.parse(text);
        if (type !== 'subscribe') return;
        asked.push(payload.since ?? {});
        const at = { epoch, offset: 6 }, back = payload.since?.[room] !== undefined;
        socket.say('subscribed', { rooms: payload.rooms, rejected: [],
          recovered: back ? { [room]: { recovered: true, ...at } } : {},
          positions: back ? { [room]: at } : {} }, { request_id });
        if (n === 1) { say(1); say(2); socket.close({ code: 3000, reason: '' }); }
        if (n === 2) { say(3); socket.close({ code: 3000, reason: '' }); } // In the middle of catching up.
        if (n === 3) { for (const offset of [4, 5, 5, 6, 7, 7, 8]) say(offset); }
      });
      socket.say('connected', { ...hello, positions: { [room]: { epoch, offset: n === 1 ? 0 : 5 } } });
      if (n === 3) say(6); // Live, before the page has named its position.
    });
    await page.reload();
    await row(page, 'note', 'number 8.').waitFor();
    // Number 6 was not one of them.
    await by(page, 'caught-up').filter({ hasText: 'caught up: 2 missed messages' }).waitFor();
    assert.deepEqual(asked, [{}, { [room]: { epoch, offset: 2 } }, { [room]: { epoch, offset: 3 } }]);
    const texts = await rows(page, 'note', 'number').allInnerTexts();
    assert.deepEqual(numbers(texts), [8, 7, 5, 4, 6, 3, 2, 1]);
    assert.equal(await row(page, 'gap', '').count(), 0);
  }));

test('a burst of messages neither grows the page nor loses the newest', () =>
  withDemo(['--no-self-telemetry'], '', async (page, server) => {
    await joinedRoom(page, 'global').waitFor();
    for (let n = 1; n <= 500; n++) await publish(server, 'global', 'note', { n, end: n === 500 ? 'last one' : '' });
    await row(page, 'note', 'last one').waitFor();
    assert.ok(await by(page, 'row').count() <= 200);
    await by(page, 'filter').fill('-note');
    assert.equal(await page.locator('[data-testid=row][data-type=note]:visible').count(), 0);
    await eventually(async () => await by(page, 'total').textContent() === '500', patience, '500 received');
  }));

test('the page says what it shows, and the feed is one stop for the tab key however much is in it', () =>
  withDemo(['--no-self-telemetry'], '', async (page, server) => {
    await by(page, 'about').filter({ hasText: 'Enter a name' }).waitFor();
    await joinedRoom(page, 'global').waitFor();
    for (let n = 1; n <= 5; n++) await publish(server, 'global', 'note', { text: `number ${n}.` });
    await row(page, 'note', 'number 5.').waitFor();
    await by(page, 'feed').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('#feed details[open] pre', { hasText: 'number 4.' }).waitFor();
    await publish(server, 'global', 'note', { text: 'number 6.' });
    await row(page, 'note', 'number 6.').waitFor();
    await page.keyboard.press('ArrowUp'); // The new row has not moved the focus.
    await row(page, 'note', 'number 5.').locator('summary:focus').waitFor();
    await page.keyboard.press('Tab');
    await by(page, 'preset').and(page.locator(':focus')).waitFor();
  }));

test('earlier messages of a room are shown on demand, before those that came live', () =>
  withDemo(['--no-self-telemetry'], '', async (page, server) => {
    for (let n = 1; n <= 25; n++) await publish(server, 'group:hall', 'note', { text: `number ${n}.` });
    await by(page, 'room-input').fill('group:hall');
    await page.keyboard.press('Enter');
    await joinedRoom(page, 'group:hall').waitFor();
    await publish(server, 'group:hall', 'note', { text: 'number 26.' });
    await row(page, 'note', 'number 26.').waitFor();
    const earlier = page.locator('[data-room="group:hall"]').getByRole('button', { name: /^Earlier/ });
    await earlier.click();
    await row(page, 'note', 'number 6.').waitFor();
    assert.equal(await rows(page, 'note', 'number 5.').count(), 0);
    await earlier.click();
    await row(page, 'note', 'number 1.').waitFor();
    await earlier.waitFor({ state: 'detached' });
    const texts = await rows(page, 'note', 'number').allInnerTexts();
    assert.deepEqual(numbers(texts), Array.from({ length: 26 }, (_, n) => 26 - n));
  }));

test('the page is dark where the system is, and the switch overrules it for good', () =>
  withDemo(['--no-self-telemetry'], '?user=alice', async page => {
    const isDark = () => page.evaluate(() => {
      const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
      return r + g + b < 150;
    });
    assert.equal(await isDark(), false);
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.equal(await isDark(), true);
    await by(page, 'theme').click(); // Light.
    assert.equal(await isDark(), false);
    await page.reload();
    assert.equal(await isDark(), false);
    await page.emulateMedia({ colorScheme: 'light' });
    await by(page, 'theme').click(); // Dark.
    assert.equal(await isDark(), true);
    await shot(page, 'switched-dark');
    await by(page, 'theme').click(); // As the system.
    assert.equal(await isDark(), false);
  }));

test('two servers on one Redis are one notification centre', () =>
  withRedis(redis => withDemo(['--no-self-telemetry', '--redis', redis], '?user=alice', async (page, server) => {
    const second = await startServer(notificationServer, ['--no-self-telemetry', '--redis', redis]);
    const other = await newPage(second.http);
    try {
      for (const tab of [page, other]) await tab.addInitScript(keepToasts);
      await page.reload();
      await other.goto(second.http + '/?user=alice');
      await connected(other);
      const { status, body } = await post(server, '/api/v1/notify', { user_id: 'alice', title: 'both', message: 'text' });
      assert.equal(status, 200, JSON.stringify(body));
      for (const tab of [page, other]) {
        await by(tab, 'badge').filter({ hasText: /^1$/ }).waitFor();
        await by(tab, 'toast').filter({ hasText: 'both' }).waitFor();
      }
      await by(other, 'bell').click();
      await by(other, 'items').locator(`[data-id="${body.id}"]`).getByRole('button', { name: /^Read/ }).click();
      for (const tab of [page, other]) {
        await by(tab, 'badge').waitFor({ state: 'hidden' });
        await by(tab, 'toast').filter({ hasText: 'both' }).waitFor({ state: 'detached' });
      }
      assert.deepEqual(other.faults, []);
    } finally {
      await other.context().close();
      await second.stop();
    }
  })));

test('whoever enters a name gets an inbox, with a ticket where the server wants one', () =>
  withDemo(['--no-self-telemetry', '--auth', 'ticket'], '?user=guest', async (page, server) => { // Asked for by itself.
    assert.match(page.url(), /[?&]ticket/);
    await page.goto(server.http);
    await inState(page, 'closed');
    await by(page, 'detail').filter({ hasText: /./ }).waitFor();
    await by(page, 'name').fill('alice&bob');
    await page.keyboard.press('Enter');
    await connected(page);
    await by(page, 'user').filter({ hasText: 'alice&bob' }).waitFor();
    await by(page, 'bell').waitFor();
    page.faults = []; // Upgrades that are refused are errors on the console, rightly.
  }));

await runTests();
