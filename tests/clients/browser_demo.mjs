// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Chromium opens the demo page: node browser_demo.mjs NOTIFICATION_SERVER
// Screenshots go to FANFARE_ARTIFACTS, or to the folder for temporary files; FANFARE_CHROMIUM names the browser.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually, npmPackage, post, publish, runTests, startServer, test } from './support.mjs';

const { chromium } = npmPackage('playwright-core');
const [notificationServer] = process.argv.slice(2);
const artifacts = process.env.FANFARE_ARTIFACTS ?? os.tmpdir();
const run = promisify(execFile);
mkdirSync(artifacts, { recursive: true });

const browser = await chromium.launch({
  executablePath: (process.env.FANFARE_CHROMIUM ?? '/usr/bin/chromium') || undefined, // Empty: Playwright's own.
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

const by = (page, id) => page.getByTestId(id);
const row = (page, type, text) =>
  by(page, 'row').and(page.locator(`[data-type="${type}"]`)).filter({ hasText: text }).first();
const joinedRoom = (page, room) => by(page, 'rooms').locator(`[data-room="${room}"][data-state=joined]`);
const shot = (page, name) => page.screenshot({ path: path.join(artifacts, `demo-${name}.png`) });

const notify = async (server, title) => {
  const { status, body } = await post(server, '/api/v1/notify', { user_id: 'alice', title, message: 'text' });
  assert.equal(status, 200, JSON.stringify(body));
  return body.id;
};
const connected = page => page.locator('[data-testid=state][data-state=connected]').waitFor();
const badge = (page, count) => count
  ? by(page, 'badge').filter({ hasText: new RegExp(`^${count}$`) }).waitFor()
  : by(page, 'badge').waitFor({ state: 'hidden' });
const item = (page, id) => by(page, 'items').locator(`[data-id="${id}"]`);
const caughtUp = (page, text) => by(page, 'caught-up').filter({ hasText: text }).waitFor();
const rows = (page, type, text) =>
  by(page, 'row').and(page.locator(`[data-type="${type}"]`)).filter({ hasText: text });
const numbers = texts => texts.map(text => Number(text.match(/number (\d+)/)[1]));

async function openInbox(page) {
  await by(page, 'bell').click();
  await by(page, 'inbox').waitFor();
}

async function goOffline(page) {
  await by(page, 'offline').click();
  await page.locator('[data-testid=state][data-state=offline]').waitFor();
}

/// Opens the page; every exception in it and every error on its console fails the test.
async function visit(server, query = '', options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  page.faults = [];
  page.on('pageerror', error => page.faults.push(String(error)));
  page.on('console', message => { if (message.type() === 'error') page.faults.push(message.text()); });
  page.on('request', request => {
    if (!/^data:/.test(request.url()) && !request.url().startsWith(server.http))
      page.faults.push('left home: ' + request.url());
  });
  await page.goto(server.http + '/' + query);
  await page.locator('[data-testid=state][data-state=connected]').waitFor();
  return page;
}

async function withPage(args, query, body, options) {
  const server = await startServer(notificationServer, args);
  let page;
  try {
    page = await visit(server, query, options);
    await body(page, server);
    assert.deepEqual(page.faults, []);
  } finally {
    await page?.context().close();
    if (server.child.exitCode === null && server.child.signalCode === null) await server.stop();
  }
}

test('an alert posted with curl appears in the feed and as a toast', () =>
  withPage(['--no-self-telemetry'], '?user=alice', async (page, server) => {
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
  withPage(['--no-self-telemetry'], '?user=alice', async page => {
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
  withPage(['--no-self-telemetry'], '?rooms=device:first', async (page, server) => {
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
    await by(page, 'rooms').locator('[data-room="device:second"]').getByRole('button').click();
    await by(page, 'rooms').locator('[data-room="device:second"]').waitFor({ state: 'detached' });
    await row(page, 'unsubscribed', '').waitFor(); // Only now the server has let go.
    await publish(server, 'device:second', 'alert', { message: 'not for us' });
    await publish(server, 'global', 'alert', { message: 'for us' });
    await row(page, 'alert', 'for us').waitFor();
    assert.equal(await row(page, 'alert', 'not for us').count(), 0);
  }));

for (const colorScheme of ['light', 'dark']) {
  test(`the telemetry of this machine arrives every second (${colorScheme})`, () =>
    withPage([], '', async page => {
      const card = by(page, 'card').first();
      await card.waitFor();
      await card.locator('[data-metric=cpu_percent]', { hasText: /^\d+\.\d %$/ }).waitFor();
      await card.locator('[data-metric=memory_percent]', { hasText: /^\d+\.\d %$/ }).waitFor();
      await card.locator('[data-metric=net_rx_bps]', { hasText: /bit\/s$/ }).waitFor();
      await card.locator('.chip', { hasText: 'online' }).waitFor();
      const line = card.locator('path.line').first();
      await eventually(async () => /L.*L.*L.*L/.test(await line.getAttribute('d')), 20000, 'five points in the line');
      await by(page, 'rate').filter({ hasNotText: /^0$/ }).waitFor();
      await shot(page, `telemetry-${colorScheme}`);
    }, { colorScheme }));
}

for (const signal of ['SIGTERM', 'SIGKILL']) {
  test(`after ${signal} and a restart the page connects again and has its rooms back`, () =>
    withPage(['--no-self-telemetry'], '?rooms=device:mine', async (page, server) => {
      await joinedRoom(page, 'device:mine').waitFor();
      const before = await by(page, 'connection-id').textContent();
      await server.stop(signal);
      await page.locator('[data-testid=state]:not([data-state=connected])').waitFor();
      await by(page, 'detail').filter({ hasText: /next attempt in/ }).waitFor();
      await shot(page, `away-${signal}`);
      page.faults = []; // Attempts while nobody listens are errors on the console, rightly.
      const again = await startServer(notificationServer, ['--no-self-telemetry', '--port', String(server.port)]);
      try {
        await page.locator('[data-testid=state][data-state=connected]').waitFor({ timeout: 40000 });
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
  withPage(['--no-self-telemetry'], '', async page => {
    const count = await scripted(page, (socket, n) => {
      socket.say('connected', hello);
      if (n === 1) socket.close({ code: 3500, reason: 'disconnected' });
    });
    await page.clock.install();
    await page.reload();
    await page.locator('[data-testid=state][data-state=closed]').waitFor();
    await by(page, 'detail').filter({ hasText: 'disconnected (3500)' }).waitFor();
    await page.clock.runFor(60000); // A minute is twice the longest delay.
    assert.equal(count(), 1);
    await by(page, 'connect-now').click();
    await page.locator('[data-testid=state][data-state=connected]').waitFor();
    assert.equal(count(), 2);
  }));

test('the delay that the close reason names is kept, and rooms are rejoined from the position reached', () =>
  withPage(['--no-self-telemetry'], '', async page => {
    const times = [], asked = [];
    await scripted(page, (socket, n) => {
      times.push(performance.now());
      socket.onMessage(text => {
        const { type, request_id, payload } = JSON.parse(text);
        if (type === 'ping') return socket.say('pong', undefined, { request_id });
        asked.push(payload);
        const recovered = n === 1 ? {} : { global: { recovered: false, epoch: 'e2', offset: 1 } };
        socket.say('subscribed', { rooms: payload.rooms, rejected: [], recovered }, { request_id });
        if (n > 1) return socket.say('gap', { dropped: 17 }, { room: 'global' });
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
    assert.ok(waited > 2400 && waited < 5000, `came back after ${Math.round(waited)} ms`);
  }));

test('a server that falls silent is left behind', () =>
  withPage(['--no-self-telemetry'], '', async page => {
    const count = await scripted(page, socket => socket.say('connected', hello)); // Pings, but no pong.
    await page.clock.install();
    await page.reload();
    await page.locator('[data-testid=state][data-state=connected]').waitFor();
    await page.clock.runFor(5000);
    assert.equal(await by(page, 'state').getAttribute('data-state'), 'connected'); // Ten seconds of patience.
    await page.clock.runFor(7000);
    await eventually(() => count() > 1, 15000, 'a second connection');
    await row(page, 'closed', 'no answer').waitFor();
  }));

test('a burst of messages neither grows the page nor loses the newest', () =>
  withPage(['--no-self-telemetry'], '', async (page, server) => {
    await joinedRoom(page, 'global').waitFor();
    for (let n = 1; n <= 500; n++) await publish(server, 'global', 'note', { n, end: n === 500 ? 'last one' : '' });
    await row(page, 'note', 'last one').waitFor();
    assert.ok(await by(page, 'row').count() <= 200);
    await by(page, 'filter').fill('-note');
    assert.equal(await page.locator('[data-testid=row][data-type=note]:visible').count(), 0);
    await eventually(async () => await by(page, 'total').textContent() === '500', 10000, '500 received');
  }));

test('a narrow screen shows everything without sideways scrolling', () =>
  withPage([], '?user=alice&rooms=device:sensor-001,group:hall', async (page, server) => {
    await by(page, 'card').first().waitFor();
    const fits = async () => {
      const [wide, view] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= view, `${wide} is wider than ${view}`);
    };
    await fits();
    await shot(page, 'narrow');
    const id = await notify(server, 'a notification with a long title, so that it is broken into lines');
    await openInbox(page);
    await item(page, id).waitFor();
    await fits();
    await by(page, 'inbox').getByRole('button', { name: 'Close notifications' }).click();
    await goOffline(page);
    await fits();
    await by(page, 'offline').click();
    await caughtUp(page, 'caught up');
    await fits();
  }, { viewport: { width: 390, height: 844 } }));

for (const store of ['memory', 'sqlite']) {
  test(`what came while the page was offline appears after going online, once (${store})`, async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'fanfare-demo-'));
    const args = store === 'sqlite' ? ['--sqlite', path.join(folder, 'demo.db')] : [];
    try {
      await withPage(['--no-self-telemetry', ...args], '?user=alice&rooms=group:hall', async (page, server) => {
        await joinedRoom(page, 'group:hall').waitFor();
        await joinedRoom(page, 'user:alice').waitFor();
        const first = await notify(server, 'before');
        await badge(page, 1);
        await goOffline(page);
        const ids = [await notify(server, 'away one'), await notify(server, 'away two')];
        await publish(server, 'group:hall', 'note', { text: 'away three' });
        await badge(page, 1); // Nobody has told the page.
        await by(page, 'offline').click();
        await connected(page);
        await caughtUp(page, 'caught up: 3 missed messages');
        await badge(page, 3);
        await openInbox(page);
        for (const id of [first, ...ids]) await item(page, id).waitFor();
        assert.equal(await by(page, 'item').count(), 3);
        for (const text of ['before', 'away one', 'away two'])
          assert.equal(await rows(page, 'notification', text).count(), 1, text);
        assert.equal(await rows(page, 'note', 'away three').count(), 1);
        const last = await notify(server, 'after'); // The live stream goes on, without a repetition.
        await badge(page, 4);
        await item(page, last).waitFor();
        await row(page, 'notification', 'after').waitFor();
        assert.equal(await rows(page, 'notification', '').count(), 4);
        await shot(page, `caught-up-${store}`);
        await goOffline(page);
        await by(page, 'offline').click();
        await connected(page);
        await caughtUp(page, 'caught up: nothing was missed');
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

test('what is read in one tab is read in the other, and its toast goes', () =>
  withPage(['--no-self-telemetry'], '?user=alice', async (page, server) => {
    const other = await page.context().newPage();
    other.setDefaultTimeout(20000);
    other.on('pageerror', error => page.faults.push(String(error)));
    await other.addInitScript(() => { // No toast goes by itself.
      const real = setTimeout;
      window.setTimeout = (f, ms, ...more) => (ms === 8000 ? 0 : real(f, ms, ...more));
    });
    await other.goto(page.url());
    await connected(other);
    const [one, two, three] = [await notify(server, 'one'), await notify(server, 'two'), await notify(server, 'three')];
    for (const tab of [page, other]) {
      await badge(tab, 3);
      await openInbox(tab);
      await item(tab, three).waitFor();
    }
    await by(other, 'toast').filter({ hasText: 'two' }).waitFor();
    await item(page, two).getByRole('button', { name: /^Read/ }).click();
    for (const tab of [page, other]) {
      await item(tab, two).and(tab.locator('[data-state=read]')).waitFor();
      await badge(tab, 2);
    }
    assert.equal(await item(other, one).getAttribute('data-state'), 'unread');
    await by(other, 'toast').filter({ hasText: 'two' }).waitFor({ state: 'detached' });
    assert.equal(await by(other, 'toast').count(), 2);
    await item(other, two).getByRole('button', { name: /^Unread/ }).click();
    await badge(page, 3);
    await by(other, 'read-all').click();
    for (const tab of [page, other]) {
      await badge(tab, 0);
      await tab.waitForFunction(() => document.querySelectorAll('#items [data-state=unread]').length === 0);
      assert.equal(await by(tab, 'item').count(), 3);
    }
    await item(other, one).getByRole('button', { name: /^Archive/ }).click();
    await item(page, one).waitFor({ state: 'detached' });
    assert.equal(await by(page, 'item').count(), 2);
    await other.close();
  }));

test('what was read elsewhere while the page was offline is read there, too', () =>
  withPage(['--no-self-telemetry'], '?user=alice', async (page, server) => {
    const ids = [await notify(server, 'one'), await notify(server, 'two')];
    await badge(page, 2);
    await openInbox(page);
    await goOffline(page);
    const { status } = await post(server, '/api/v1/inbox/mark', { user_id: 'alice', action: 'read', ids: [ids[0]] });
    assert.equal(status, 200);
    await by(page, 'offline').click();
    await badge(page, 1);
    await item(page, ids[0]).and(page.locator('[data-state=read]')).waitFor();
    assert.equal(await item(page, ids[1]).getAttribute('data-state'), 'unread');
  }));

test('older notifications come page by page, each once, while new ones arrive', () =>
  withPage(['--no-self-telemetry'], '?user=alice', async (page, server) => {
    const ids = [];
    for (let n = 1; n <= 45; n++) ids.push(await notify(server, `number ${n}`));
    await badge(page, 45);
    await page.reload();
    await connected(page);
    await badge(page, 45);
    await openInbox(page);
    const count = n => page.waitForFunction(n => document.querySelectorAll('#items li').length === n, n);
    await count(20);
    await by(page, 'older').click();
    await count(40);
    ids.push(await notify(server, 'number 46'));
    await count(41);
    await by(page, 'older').click();
    await count(46);
    await by(page, 'older').waitFor({ state: 'hidden' });
    const shown = await by(page, 'item').evaluateAll(nodes => nodes.map(node => node.dataset.id));
    assert.deepEqual([...shown].sort(), [...ids].sort());
    assert.equal(shown[0], ids.at(-1));
    await shot(page, 'inbox');
  }));

test('a server that kept nothing says that messages are lost, and the page says it in words', () =>
  withPage(['--no-self-telemetry'], '?user=alice&rooms=group:hall', async (page, server) => {
    await joinedRoom(page, 'group:hall').waitFor();
    await publish(server, 'group:hall', 'note', { text: 'first' });
    await row(page, 'note', 'first').waitFor();
    await goOffline(page);
    await server.stop();
    const again = await startServer(notificationServer, ['--no-self-telemetry', '--port', String(server.port)]);
    try {
      await publish(again, 'group:hall', 'note', { text: 'second' });
      await by(page, 'offline').click();
      await connected(page);
      await caughtUp(page, /some messages are lost .*group:hall/);
      await row(page, 'gap', 'what was missed is gone').waitFor();
      assert.equal(await rows(page, 'note', 'second').count(), 0); // Never a part as if it were all.
      await publish(again, 'group:hall', 'note', { text: 'third' });
      await row(page, 'note', 'third').waitFor();
    } finally {
      await again.stop();
    }
    page.faults = []; // The end of the second server is an error on the console, rightly.
  }));

test('what comes live before the missed messages, or twice, makes no hole and no repetition', () =>
  withPage(['--no-self-telemetry'], '', async page => {
    const room = 'user:alice', epoch = 'e1', asked = [];
    await scripted(page, (socket, n) => {
      const say = offset => socket.say('note', { text: `number ${offset}.` }, { room, epoch, offset });
      socket.onMessage(text => {
        const { type, request_id, payload } = JSON.parse(text);
        if (type !== 'subscribe') return;
        asked.push(payload.since);
        const recovered = payload.since[room] ? { [room]: { recovered: true, epoch, offset: 6 } } : {};
        socket.say('subscribed', { rooms: payload.rooms, rejected: [], recovered }, { request_id });
        if (n === 1) { say(1); say(2); socket.close({ code: 3000, reason: '' }); }
        if (n === 2) { say(3); socket.close({ code: 3000, reason: '' }); } // In the middle of catching up.
        if (n === 3) { for (const offset of [4, 5, 5, 6, 7, 7, 8]) say(offset); }
      });
      socket.say('connected', { ...hello, positions: { [room]: { epoch, offset: n === 1 ? 0 : 5 } } });
      if (n === 3) say(6); // Live, before the page has named its position.
    });
    await page.reload();
    await row(page, 'note', 'number 8.').waitFor();
    await caughtUp(page, 'caught up: 2 missed messages'); // Number 6 was not one of them.
    assert.deepEqual(asked, [{}, { [room]: { epoch, offset: 2 } }, { [room]: { epoch, offset: 3 } }]);
    const texts = await rows(page, 'note', 'number').allInnerTexts();
    assert.deepEqual(numbers(texts), [8, 7, 5, 4, 6, 3, 2, 1]);
    assert.equal(await row(page, 'gap', '').count(), 0);
  }));

test('earlier messages of a room are shown on demand, before those that came live', () =>
  withPage(['--no-self-telemetry'], '', async (page, server) => {
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

test('the notifications are used with the keyboard alone', () =>
  withPage(['--no-self-telemetry'], '?user=alice', async (page, server) => {
    const id = await notify(server, 'one');
    await badge(page, 1);
    await by(page, 'bell').focus();
    await page.keyboard.press('Enter');
    await item(page, id).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await item(page, id).and(page.locator('[data-state=read]')).waitFor();
    await badge(page, 0);
    assert.match(await page.evaluate(() => document.activeElement.dataset.key ?? ''), /^read:/); // Still there.
    await page.keyboard.press('Escape');
    await by(page, 'inbox').waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement.id), 'bell');
  }));

await runTests();
