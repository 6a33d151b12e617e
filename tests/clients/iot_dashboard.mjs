// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// From MQTT devices to Chromium: node iot_dashboard.mjs NOTIFICATION_SERVER; the dashboard is in the same folder.
// Screenshots go to FANFARE_ARTIFACTS, or to the folder for temporary files; FANFARE_CHROMIUM names the browser.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Broker, Cable, listens, mosquitto, sources } from './iot/broker.mjs';
import { eventually, npmPackage, patience, runTests, startServer, test } from './support.mjs';

const { chromium } = npmPackage('playwright-core');
const folder = path.dirname(process.argv[2]);
const executable = path.join(folder, 'iot_dashboard');
if (!mosquitto || !existsSync(executable)) {
  console.log(`skipped: no mosquitto, or no ${executable} (Debian: mosquitto, mosquitto-clients, libmosquitto-dev)`);
  process.exit(77);
}
const artifacts = process.env.FANFARE_ARTIFACTS ?? os.tmpdir();
mkdirSync(artifacts, { recursive: true });

const browser = await chromium.launch({
  executablePath: (process.env.FANFARE_CHROMIUM ?? '/usr/bin/chromium') || undefined, // Empty: Playwright's own.
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
  timeout: patience,
});

const by = (page, id) => page.getByTestId(id);
const row = (page, device) => by(page, 'device').and(page.locator(`[data-device="${device}"]`));
const chart = (page, device) => by(page, 'chart').and(page.locator(`[data-device="${device}"]`));
const inState = (page, state) => page.locator(`[data-testid=state][data-state=${state}]`).waitFor();
const brokerIs = (page, state) => page.locator(`[data-testid=broker][data-state=${state}]`).waitFor();
const points = async (page, device) => Number(await chart(page, device).getAttribute('data-points'));
async function hasPoints(page, device, count) {
  try {
    await eventually(async () => await points(page, device) === count, patience, `${count} points of ${device}`);
  } catch (error) {
    const shown = await page.evaluate(() => [document.getElementById('metric').value, ...['charts', 'rows']
      .map(id => document.getElementById(id).innerText)]);
    error.message += `; there are ${await points(page, device)}: ${JSON.stringify([shown, page.faults])}`;
    throw error;
  }
}
const shot = (page, name) => page.screenshot({ path: path.join(artifacts, `iot-${name}.png`) });
const reading = (temperature, more = {}) => ({ temperature, timestamp: Date.now(), ...more });

/// Opens the page; every exception in it and every error on its console fails the test.
async function visit(http, query = '', options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.faults = [];
  page.on('pageerror', error => page.faults.push(String(error)));
  page.on('console', message => { if (message.type() === 'error') page.faults.push(message.text()); });
  page.frames = [];
  page.on('websocket', socket => {
    for (const event of ['framesent', 'framereceived'])
      socket.on(event, ({ payload }) => page.frames.push(JSON.parse(payload).type));
  });
  page.on('request', request => { if (!request.url().startsWith(http)) page.faults.push('left home: ' + request.url()); });
  await page.goto(http + '/' + query);
  await inState(page, 'connected');
  return page;
}

/// A broker with these devices, the dashboard on it, and a page.
async function withPage(devices, body, { query, options, args = [] } = {}) {
  const broker = await Broker.start(...devices);
  let server, page;
  try {
    server = await startServer(executable, [...broker.args, ...args]);
    page = await visit(server.http, query ?? `?devices=${devices.join(',')}`, options);
    await brokerIs(page, 'connected');
    await body(page, broker, server);
    assert.deepEqual(page.faults, []);
  } finally {
    await page?.context().close();
    if (server && server.child.exitCode === null && server.child.signalCode === null) await server.stop();
    await broker.remove();
  }
}

for (const colorScheme of ['light', 'dark']) {
  test(`the script starts hundreds of devices, and the page shows them live (${colorScheme})`, async () => {
    const rules = path.join(artifacts, `iot-rules-${colorScheme}.json`);
    writeFileSync(rules, '[{"metric":"temperature","above":64,"clear":62,"severity":"critical"}]');
    const home = mkdtempSync(path.join(os.tmpdir(), 'fanfare & a|b '));
    let demo, page, port;
    try {
      demo = await startServer(path.join(sources, 'run.sh'),
        ['--port', '0', '--bin', folder, '--devices', '240', '--folder', home, '--', '--rules', rules]);
      port = Number(await eventually(() => /MQTT on 127\.0\.0\.1:(\d+)/.exec(demo.output)?.[1], patience, 'MQTT port'));
      page = await visit(demo.http, '', { colorScheme });
      // Where the broker is slow a device gives up after ten seconds, and waits for up to thirty, more than once.
      await by(page, 'online').filter({ hasText: /^240 of 240$|^2[23]\d of 240$/ }).waitFor({ timeout: 2 * patience });
      await by(page, 'device').nth(239).waitFor(); // The table is drawn at other moments than the figure.
      assert.equal(await by(page, 'device').count(), 240);
      await by(page, 'chart').nth(3).waitFor(); // One of each kind.
      await eventually(async () => Number(await by(page, 'chart').first().getAttribute('data-points')) >= 8, patience,
        'eight points in a chart');
      await eventually(async () => Number(await by(page, 'rate').textContent()) > 60, patience,
        'more than 60 a second');
      await by(page, 'latency').filter({ hasText: /^\d+ ms, 95 %: \d+ ms$/ }).waitFor();
      await by(page, 'conflated').filter({ hasText: /^\d/ }).waitFor();
      await by(page, 'alert').filter({ hasText: 'temperature is high' }).first().waitFor();
      await shot(page, `fleet-${colorScheme}`);
      assert.deepEqual(page.faults, []);
    } catch (error) {
      const shown = await page?.locator('dl.figures').innerText().catch(String);
      error.message += `; ${JSON.stringify([shown, page?.faults])}\n${demo?.output.slice(-2000)}`;
      throw error;
    } finally {
      await page?.context().close();
      await demo?.stop();
      rmSync(home, { recursive: true });
    }
    assert.equal(await listens(port), false, 'the broker runs on');
  });
}

test('values go from a device to its chart and its row, and an alert to the list', () =>
  withPage(['press-1', 'pump-1'], async (page, broker) => {
    await broker.publish('press-1', 'status', { status: 'online' });
    for (const temperature of [20.5, 79, 81]) await broker.publish('press-1', 'telemetry', reading(temperature));
    await hasPoints(page, 'press-1', 3);
    await row(page, 'press-1').getByText('81.00').waitFor();
    await row(page, 'press-1').getByText('online').waitFor();
    const alert = by(page, 'alert').first();
    await alert.filter({ hasText: 'temperature is high: 81 > 80' }).waitFor();
    assert.deepEqual([await alert.getAttribute('data-severity'), await alert.getAttribute('data-device')],
      ['critical', 'press-1']);
    await by(page, 'active').filter({ hasText: '1 device' }).waitFor();
    await broker.publish('press-1', 'telemetry', reading(60));
    await by(page, 'alert').first().filter({ hasText: 'back to normal' }).waitFor();
    await by(page, 'active').filter({ hasText: /^$/ }).waitFor({ state: 'attached' });
    assert.equal(await points(page, 'pump-1'), 0);
  }));

test('who opens the page late sees the last values at once, also after the dashboard was restarted', () =>
  withPage(['pump-1', 'pump-2'], async (page, broker, server) => {
    await broker.publish('pump-1', 'status', { status: 'online' });
    for (const temperature of [11, 12, 13]) await broker.publish('pump-1', 'telemetry', reading(temperature));
    await hasPoints(page, 'pump-1', 3);
    await page.reload();
    await row(page, 'pump-1').getByText('13.00').waitFor();
    await hasPoints(page, 'pump-1', 3);
    await server.stop();
    await page.locator('[data-testid=state]:not([data-state=connected])').waitFor();
    const again = await startServer(executable, [...broker.args, '--port', String(server.port)]);
    try {
      await eventually(async () => (await (await fetch(again.http + '/api/bridge')).json()).telemetry === 1, patience,
        'the retained message');
      await page.reload();
      await row(page, 'pump-1').getByText('13.00').waitFor();
      await row(page, 'pump-1').getByText('online').waitFor();
      await hasPoints(page, 'pump-1', 1);
      page.faults = []; // Attempts while nobody listened are errors on the console, rightly.
    } finally {
      await again.stop();
      page.faults = [];
    }
  }));

test('the picture of all devices is asked for when the rooms that tell its changes are joined', () =>
  withPage(['pump-1'], async page => {
    await eventually(() => page.frames.includes('devices'), patience, 'a question for the devices');
    const joined = page.frames.indexOf('subscribed');
    assert.ok(joined !== -1 && joined < page.frames.indexOf('devices'), String(page.frames));
  }));

test('a device that loses its power is shown as offline', () =>
  withPage(['pump-1'], async (page, broker) => {
    const device = broker.connect('pump-1');
    await row(page, 'pump-1').and(page.locator('[data-status=online]')).waitFor();
    device.kill('SIGKILL');
    await row(page, 'pump-1').and(page.locator('[data-status=offline]')).waitFor();
  }));

test('the page tells that the broker is gone, and goes on when it is back', () =>
  withPage(['pump-1'], async (page, broker) => {
    await broker.publish('pump-1', 'telemetry', reading(11));
    await hasPoints(page, 'pump-1', 1);
    await broker.end('SIGKILL');
    await page.locator('[data-testid=broker]:not([data-state=connected])').waitFor();
    await inState(page, 'connected');
    await shot(page, 'broker-gone');
    await broker.restart();
    await brokerIs(page, 'connected');
    await broker.publish('pump-1', 'telemetry', reading(12));
    await row(page, 'pump-1').getByText('12.00').waitFor();
    await hasPoints(page, 'pump-1', 2);
  }));

test('when the network is pulled and put back, no point is missing in the chart', () =>
  withPage(['pump-1'], async (_, broker, server) => {
    const cable = await Cable.to(server.port);
    let page;
    try {
      page = await visit(cable.http, '?devices=pump-1');
      for (const temperature of [11, 12]) await broker.publish('pump-1', 'telemetry', reading(temperature));
      await hasPoints(page, 'pump-1', 2);
      await page.context().setOffline(true);
      cable.pull();
      await page.locator('[data-testid=state]:not([data-state=connected])').waitFor();
      assert.match(await page.locator('body').getAttribute('class'), /stale/);
      await shot(page, 'offline');
      for (const temperature of [13, 14, 15]) await broker.publish('pump-1', 'telemetry', reading(temperature));
      assert.equal(await points(page, 'pump-1'), 2);
      cable.plug();
      await page.context().setOffline(false);
      await inState(page, 'connected');
      await hasPoints(page, 'pump-1', 5);
      await row(page, 'pump-1').getByText('15.00').waitFor();
      // Attempts on a pulled network are errors on the console, rightly; nothing else is.
      assert.deepEqual(page.faults.filter(text => !/WebSocket|Failed to load resource/.test(text)), []);
    } finally {
      await page?.context().close();
      cable.remove();
    }
  }));

test('messages that were refused are shown with their reasons, and their text is nowhere', () =>
  withPage(['evil-1'], async (page, broker) => {
    await broker.publish('evil-1', 'telemetry', 'temperature=<b>20</b>');
    await broker.publish('evil-1', 'telemetry', reading(20, { device_id: 'pump-1' }));
    await broker.publish('evil-1', 'telemetry', reading(21, { '<img src=x onerror=alert(1)>': 7 }));
    await by(page, 'refused').filter({ hasText: /^2$/ }).waitFor();
    assert.deepEqual((await by(page, 'refused').getAttribute('title')).split('\n').sort(),
      ['foreign_device: 1', 'not_json: 1']);
    await row(page, 'evil-1').getByText('21.00').waitFor();
    await page.getByRole('columnheader', { name: '<img src=x' }).waitFor(); // As text.
    assert.equal(await page.locator('table img').count(), 0);
    assert.equal(await by(page, 'device').count(), 1);
  }));

test('one device with many metrics does not crowd out those of the others', () =>
  withPage(['evil-1', 'pump-1', 'pump-2'], async (page, broker) => {
    const junk = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`junk${n}`, n]));
    await broker.publish('evil-1', 'telemetry', junk);
    await row(page, 'evil-1').waitFor();
    for (const name of ['pump-1', 'pump-2']) await broker.publish(name, 'telemetry', reading(31));
    for (const name of ['pump-1', 'pump-2']) await row(page, name).getByText('31.00').waitFor();
    assert.equal(await page.getByRole('columnheader').nth(3).textContent(), 'temperature');
    assert.equal(await page.getByRole('columnheader').count(), 3 + 6);
  }));

test('devices whose clock is years off are shown all the same', () =>
  withPage(['pump-1', 'pump-2'], async (page, broker) => {
    const years = 3e11;
    await broker.publish('pump-1', 'telemetry', reading(20, { timestamp: Date.now() + years }));
    await broker.publish('pump-2', 'telemetry', reading(20, { timestamp: Date.now() - years }));
    await row(page, 'pump-1').getByText('20.00').waitFor();
    await Promise.all([
      by(page, 'latency').filter({ hasText: /^\d+ ms/ }).waitFor(), // Looked for early: it goes after ten seconds.
      broker.publish('pump-1', 'telemetry', reading(21)),
    ]);
    for (const device of ['pump-1', 'pump-2']) await row(page, device).getByText(/^2[01]\.00$/).waitFor();
    await row(page, 'pump-1').getByText('21.00').waitFor();
    await chart(page, 'pump-2').getByText('20.00').waitFor();
  }));

test('the keyboard filters, moves, and chooses charts, which a reload keeps', () =>
  withPage(['pump-1', 'pump-2', 'gate-1'], async (page, broker) => {
    for (const name of ['pump-1', 'pump-2', 'gate-1']) await broker.publish(name, 'telemetry', reading(20));
    await row(page, 'gate-1').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('pump');
    await row(page, 'gate-1').waitFor({ state: 'hidden' });
    await by(page, 'shown').filter({ hasText: '2 of 3' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await eventually(() => page.evaluate(() => document.activeElement.type === 'checkbox'), patience,
      'a row has the focus');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await chart(page, 'pump-2').waitFor();
    await hasPoints(page, 'pump-2', 1);
    assert.equal(await chart(page, 'pump-1').count(), 0);
    await page.reload();
    await chart(page, 'pump-2').waitFor();
    await hasPoints(page, 'pump-2', 1);
    await page.getByRole('button', { name: 'Remove the chart of pump-2' }).click();
    await chart(page, 'pump-2').waitFor({ state: 'detached' });
    assert.equal(await row(page, 'pump-2').getByRole('checkbox').isChecked(), false);
  }, { query: '?devices=nobody' }));

test('of two alerts for one metric the worse one is shown, and when it is over the other', () => {
  const rules = path.join(artifacts, 'iot-two-rules.json');
  writeFileSync(rules, JSON.stringify([
    { metric: 'temperature', above: 70, clear: 65, severity: 'warning' },
    { metric: 'temperature', above: 80, clear: 75, severity: 'critical' }]));
  return withPage(['press-1'], async (page, broker) => {
    const shows = async (value, alert, severity) => {
      await broker.publish('press-1', 'telemetry', reading(value));
      await by(page, 'alert').first().filter({ hasText: alert }).waitFor();
      await row(page, 'press-1').locator(`.raised.${severity}`, { hasText: value.toFixed(2) }).waitFor();
    };
    await shows(72, 'temperature is high: 72 > 70', 'warning');
    await shows(85, 'temperature is high: 85 > 80', 'critical');
    await page.reload(); // From now on by the server's picture.
    await inState(page, 'connected');
    await row(page, 'press-1').locator('.raised.critical').waitFor();
    await shows(74, 'temperature is back to normal: 74 < 75', 'warning');
    await broker.publish('press-1', 'telemetry', reading(60));
    await by(page, 'active').filter({ hasText: /^$/ }).waitFor({ state: 'attached' });
  }, { args: ['--rules', rules, '--alert-pause-ms', '0'] });
});

test('a narrow screen shows everything without sideways scrolling', () =>
  withPage(['a-device-with-a-rather-long-name-0001', 'pump-1'], async (page, broker) => {
    await broker.publish('pump-1', 'telemetry', reading(99));
    await broker.publish('a-device-with-a-rather-long-name-0001', 'telemetry', reading(99, { pressure: 1, vibration: 2 }));
    await by(page, 'alert').nth(1).waitFor();
    await hasPoints(page, 'pump-1', 1);
    const [wide, view] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= view, `${wide} is wider than ${view}`);
    await page.screenshot({ path: path.join(artifacts, 'iot-narrow.png'), fullPage: true });
  }, { options: { viewport: { width: 390, height: 844 } } }));

await runTests();
