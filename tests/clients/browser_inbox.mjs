// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Chromium opens the notification centre: bell, inbox, toasts, and what was missed while the page was away.
//   node browser_inbox.mjs NOTIFICATION_SERVER
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { by, connected, fits, inState, keepToasts, Network, newPage, shot, withPage } from './browser_support.mjs';
import { eventually, patience, post, publish, runTests, startServer, test } from './support.mjs';

const [notificationServer] = process.argv.slice(2);
const withDemo = (args, query, body, options) => withPage(notificationServer, args, query, body, options);

const rows = (page, type, text) =>
  by(page, 'row').and(page.locator(`[data-type="${type}"]`)).filter({ hasText: text });
const row = (page, type, text) => rows(page, type, text).first();
const joinedRoom = (page, room) => by(page, 'rooms').locator(`[data-room="${room}"][data-state=joined]`);
const badge = (page, count) => count
  ? by(page, 'badge').filter({ hasText: new RegExp(`^${count}$`) }).waitFor()
  : by(page, 'badge').waitFor({ state: 'hidden' });
const item = (page, id) => by(page, 'items').locator(`[data-id="${id}"]`);
const caughtUp = (page, text) => by(page, 'caught-up').filter({ hasText: text }).waitFor();
const numbers = texts => texts.map(text => Number(text.match(/number (\d+)/)[1]));

const notify = async (server, title, more = {}) => {
  const { status, body } = await post(server, '/api/v1/notify', { user_id: 'alice', title, message: 'text', ...more });
  assert.equal(status, 200, JSON.stringify(body));
  return body.id;
};

async function openInbox(page) {
  await by(page, 'bell').click();
  await by(page, 'inbox').waitFor();
}

async function goOffline(page) {
  await by(page, 'offline').click();
  await inState(page, 'offline');
}

for (const store of ['memory', 'sqlite']) {
  test(`what came while the page was offline appears after going online, once (${store})`, async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'fanfare-demo-'));
    const args = store === 'sqlite' ? ['--sqlite', path.join(folder, 'demo.db')] : [];
    try {
      await withDemo(['--no-self-telemetry', ...args], '?user=alice&rooms=group:hall', async (page, server) => {
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
        assert.equal(await by(page, 'toast').filter({ hasText: 'away' }).count(), 0); // One toast tells of them all.
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
  withDemo(['--no-self-telemetry'], '?user=alice', async (page, server) => {
    const other = await page.context().newPage();
    other.setDefaultTimeout(patience);
    other.on('pageerror', error => page.faults.push(String(error)));
    await other.addInitScript(keepToasts);
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
  withDemo(['--no-self-telemetry'], '?user=alice', async (page, server) => {
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
  withDemo(['--no-self-telemetry'], '?user=alice', async (page, server) => {
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
  withDemo(['--no-self-telemetry'], '?user=alice&rooms=group:hall', async (page, server) => {
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

test('a narrow screen shows everything without sideways scrolling', () =>
  withDemo([], '?user=alice&rooms=device:sensor-001,group:hall', async (page, server) => {
    await by(page, 'card').first().waitFor();
    await fits(page);
    await shot(page, 'narrow');
    const id = await notify(server, 'a notification with a long title, so that it is broken into lines');
    await openInbox(page);
    await item(page, id).waitFor();
    await fits(page);
    await by(page, 'inbox').getByRole('button', { name: 'Close notifications' }).click();
    await goOffline(page);
    await fits(page);
    await by(page, 'offline').click();
    await caughtUp(page, 'caught up');
    await fits(page);
  }, { viewport: { width: 390, height: 844 } }));

const active = (page, what) =>
  page.evaluate(what => document.activeElement?.closest(`[${what}]`)?.getAttribute(what), what);

/// Presses Tab until the focus is where `there` says, and insists that it can be seen on the way.
async function tabTo(page, there) {
  for (let n = 0; n < 40; n++) {
    await page.keyboard.press('Tab');
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    if (await there()) return assert.notEqual(outline, 'none', 'the focus cannot be seen');
  }
  throw new Error('Tab does not lead there');
}

test('the notifications are used with the keyboard alone', () =>
  withDemo(['--no-self-telemetry'], '?user=alice', async (page, server) => {
    const [first, second] = [await notify(server, 'one'), await notify(server, 'two')];
    await badge(page, 2);
    await tabTo(page, async () => await active(page, 'id') === 'bell');
    await page.keyboard.press('Enter');
    await item(page, first).waitFor();
    assert.equal(await active(page, 'id'), 'inbox'); // A screen reader says that it has opened.
    await tabTo(page, async () => await active(page, 'data-key') === `read:${second}`);
    await page.keyboard.press('Enter');
    await item(page, second).and(page.locator('[data-state=read]')).waitFor();
    await badge(page, 1);
    assert.equal(await active(page, 'data-key'), `read:${second}`); // Still there.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space'); // Archive: the row goes, and the focus to the next one.
    await item(page, second).waitFor({ state: 'detached' });
    assert.equal(await active(page, 'data-id'), first);
    await page.keyboard.press('Shift+Tab');
    await shot(page, 'keyboard');
    await page.keyboard.press('Escape');
    await by(page, 'inbox').waitFor({ state: 'hidden' });
    assert.equal(await active(page, 'id'), 'bell');
    const toasts = await by(page, 'toast').count();
    await page.keyboard.press('Escape'); // The next thing that it closes.
    await eventually(async () => await by(page, 'toast').count() === toasts - 1, patience, 'a toast less');
  }));

test('toasts are told to screen readers, and go by themselves but not from under a hand', () =>
  withDemo(['--no-self-telemetry'], '?user=alice', async (page, server) => {
    await page.clock.install();
    await page.reload();
    await connected(page);
    assert.match(await by(page, 'toasts').getAttribute('aria-live'), /polite|assertive/);
    await notify(server, 'stays');
    const toast = by(page, 'toast').filter({ hasText: 'stays' });
    await toast.hover();
    await page.clock.runFor(9000);
    assert.equal(await toast.count(), 1);
    await page.mouse.move(10, 10);
    await page.clock.runFor(9000);
    await toast.waitFor({ state: 'detached' });
  }));

test('many notifications push no critical alert away, and no toast fills the screen', () =>
  withDemo(['--no-self-telemetry'], '?user=alice', async (page, server) => {
    await page.addInitScript(keepToasts);
    await page.reload();
    await connected(page);
    await joinedRoom(page, 'global').waitFor();
    await publish(server, 'global', 'alert', { device_id: 'oven', severity: 'critical', message: 'Too hot' });
    const alert = by(page, 'toast').filter({ hasText: 'Too hot' }).filter({ hasText: 'critical · oven' });
    await alert.waitFor();
    for (let n = 1; n <= 6; n++) await notify(server, `number ${n}. ${'A'.repeat(180)}`);
    await by(page, 'toast').filter({ hasText: 'number 6.' }).waitFor();
    assert.equal(await by(page, 'toast').count(), 4);
    assert.equal(await alert.count(), 1);
    const { height } = await by(page, 'toasts').boundingBox();
    assert.ok(height < 500, `${height} pixels of toasts`);
  }));

test('right-to-left texts stand as they are read', () =>
  withDemo(['--no-self-telemetry'], '?user=alice', async (page, server) => {
    const id = await notify(server, '\u05E9\u05DC\u05D5\u05DD (1)!', { message: '\u05E9\u05DC\u05D5\u05DD: abc' });
    await openInbox(page);
    await item(page, id).waitFor();
    const direction = where => item(page, id).locator(where).evaluate(node => getComputedStyle(node).direction);
    const stands = (where, wanted) => // The list may be drawn again meanwhile.
      eventually(async () => await direction(where) === wanted, patience, `${where} ${wanted}`);
    await stands('strong', 'rtl');
    await stands('.text', 'rtl');
    await stands('.actions', 'ltr');
  }));

test('filters show what is unread and what is archived, and follow what other devices do', () =>
  withDemo(['--no-self-telemetry'], '?user=alice', async (page, server) => {
    const ids = [];
    for (const title of ['one', 'two', 'three']) ids.push(await notify(server, title));
    const mark = (action, ...some) => post(server, '/api/v1/inbox/mark', { user_id: 'alice', action, ids: some });
    const choose = name => by(page, 'inbox').getByRole('button', { name, exact: true }).click();
    const shows = (...wanted) => eventually(async () => {
      const shown = await by(page, 'item').evaluateAll(nodes => nodes.map(node => node.dataset.id));
      return JSON.stringify(shown.sort()) === JSON.stringify([...wanted].sort());
    }, patience, `${wanted.length} notifications`);
    await openInbox(page);
    await shows(...ids);
    await mark('read', ids[0]);
    await choose('Unread');
    await shows(ids[1], ids[2]);
    await mark('unread', ids[0]); // Not among those that are listed.
    await shows(...ids);
    await item(page, ids[1]).getByRole('button', { name: /^Read/ }).click();
    await shows(ids[0], ids[2]);
    await mark('archive', ids[2]);
    await shows(ids[0]);
    await choose('Archived');
    await shows(ids[2]);
    await item(page, ids[2]).getByRole('button', { name: /^Restore/ }).click();
    await page.getByText('Nothing is archived.').waitFor();
    await choose('All');
    await shows(...ids);
  }));

const hostile = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>${alert(1)}';

test('hostile text stays text wherever it is shown, and the page lets no foreign script in', () =>
  withDemo(['--no-self-telemetry'], '?user=alice', async (page, server) => {
    const id = await notify(server, hostile, { message: hostile, data: { html: hostile } });
    await publish(server, 'global', 'alert', { device_id: hostile, severity: hostile, message: hostile });
    await publish(server, 'global', 'telemetry', { device_id: hostile, [hostile]: 1, __proto__: 2 });
    await publish(server, 'global', 'device_status', { device_id: hostile, status: hostile });
    await publish(server, 'global', hostile.slice(0, 64), { constructor: hostile, toString: hostile });
    await by(page, 'room-input').fill(`nowhere:${hostile}`);
    await page.keyboard.press('Enter');
    await by(page, 'refused').locator('li').first().waitFor();
    await openInbox(page);
    await item(page, id).filter({ hasText: hostile }).waitFor();
    await by(page, 'toast').filter({ hasText: hostile }).first().waitFor();
    await by(page, 'card').filter({ hasText: hostile }).first().waitFor();
    await row(page, 'alert', 'onerror').click(); // Unfolds all of it.
    await by(page, 'feed').locator('pre').filter({ hasText: 'onerror' }).waitFor();
    assert.equal(await page.locator('img, body script, iframe').count(), 0);
    await shot(page, 'hostile');
    const policy = (await page.request.get(server.http + '/')).headers()['content-security-policy'];
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    for (const part of [/default-src 'none'/, /frame-ancestors 'none'/, /require-trusted-types-for 'script'/])
      assert.match(policy, part);
    const blocked = await page.evaluate(() => new Promise(resolve => {
      document.addEventListener('securitypolicyviolation', event => resolve(event.effectiveDirective));
      const script = document.createElement('script');
      try { script.textContent = 'window.hacked = 1'; } catch { resolve('require-trusted-types-for'); }
      document.head.append(script);
    }));
    assert.match(blocked, /script-src|require-trusted-types-for/);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    // What was just tried is a fault, rightly.
    page.faults = page.faults.filter(fault => !/Content Security Policy|TrustedScript/.test(fault));
  }));

for (const [how, pull] of [['cut', async network => network.cut()], ['dead without a sign', async (network, page) => {
  network.freeze();
  await page.clock.runFor(50000); // The page's clock: it asks, and nobody answers.
}]]) {
  test(`when the network was ${how}, everything that came meanwhile is there afterwards, once`, async () => {
    const server = await startServer(notificationServer, ['--no-self-telemetry']);
    const network = await Network.before(server);
    const page = await newPage(network.http);
    try {
      await page.clock.install();
      await page.goto(network.http + '/?user=alice&rooms=group:hall');
      await connected(page);
      await joinedRoom(page, 'group:hall').waitFor();
      await publish(server, 'group:hall', 'note', { text: 'number 1.' });
      await notify(server, 'here');
      await row(page, 'note', 'number 1.').waitFor();
      await pull(network, page);
      await page.locator('[data-testid=state]:not([data-state=connected])').waitFor();
      await shot(page, `network-${how.split(' ')[0]}`);
      for (let n = 2; n <= 30; n++) await publish(server, 'group:hall', 'note', { text: `number ${n}.` });
      await notify(server, 'away');
      network.restore();
      await eventually(async () => {
        await page.clock.runFor(1000); // Delays grow to half a minute; nobody has to sit through them.
        return await by(page, 'state').getAttribute('data-state') === 'connected';
      }, 60000, 'the connection is back');
      await caughtUp(page, 'caught up: 30 missed messages');
      await badge(page, 2);
      await publish(server, 'group:hall', 'note', { text: 'number 31.' });
      await row(page, 'note', 'number 31.').waitFor();
      const texts = await rows(page, 'note', 'number').allInnerTexts();
      assert.deepEqual(numbers(texts), Array.from({ length: 31 }, (_, n) => 31 - n));
      assert.equal(await rows(page, 'notification', '').count(), 2);
    } finally {
      await page.context().close();
      await network.close();
      await server.stop();
    }
  });
}

test('a server without an inbox leaves the bell away, and its notifications are toasts', () =>
  withDemo(['--no-self-telemetry'], '?user=alice', async page => {
    await page.routeWebSocket(/\/api\/v1\/ws/, socket => {
      const say = message => socket.send(JSON.stringify({ timestamp: new Date().toISOString(), ...message }));
      socket.onMessage(text => {
        const { type, request_id, payload } = JSON.parse(text);
        if (type === 'subscribe')
          say({ type: 'subscribed', request_id, payload: { rooms: payload.rooms, rejected: [] } });
        if (type !== 'inbox') return;
        say({ type: 'error', request_id, payload: { code: 'no_inbox', message: 'this server keeps no inbox' } });
        say({ type: 'notification', room: 'user:alice', payload: { title: 'no inbox needed', message: '' } });
      });
      say({ type: 'connected', payload: { connection_id: 'scripted', user_id: 'alice', ping_interval_ms: 54000 } });
    });
    await page.reload();
    await connected(page);
    await by(page, 'toast').filter({ hasText: 'no inbox needed' }).waitFor();
    await by(page, 'bell').waitFor({ state: 'hidden' });
  }));

test('over SSE alone the page is the same', () =>
  withDemo(['--no-self-telemetry'], '?user=alice&rooms=group:hall&transport=sse', async (page, server) => {
    await by(page, 'transport').filter({ hasText: 'SSE' }).waitFor();
    await joinedRoom(page, 'group:hall').waitFor();
    const id = await notify(server, 'over SSE');
    await badge(page, 1);
    await openInbox(page);
    await item(page, id).getByRole('button', { name: /^Read/ }).click();
    await badge(page, 0);
    await goOffline(page);
    await publish(server, 'group:hall', 'note', { text: 'missed' });
    await by(page, 'offline').click();
    await caughtUp(page, 'caught up: 1 missed message');
    await rows(page, 'note', 'missed').waitFor(); // throws if there are two
    await shot(page, 'sse');
  }));

await runTests();
