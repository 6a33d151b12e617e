// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Chromium opens the demo page: node browser_demo.mjs NOTIFICATION_SERVER
// Screenshots go to FANFARE_ARTIFACTS, or to the folder for temporary files; FANFARE_CHROMIUM names the browser.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually, npmPackage, publish, runTests, startServer, test } from './support.mjs';

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
  withPage([], '?rooms=device:sensor-001', async page => {
    await by(page, 'card').first().waitFor();
    const [wide, view] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= view, `${wide} is wider than ${view}`);
    await shot(page, 'narrow');
  }, { viewport: { width: 390, height: 844 } }));

await runTests();
