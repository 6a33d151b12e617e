// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// In Chromium, which shows a page less than Node does: no status of a refused upgrade. And with its own events.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { eventually, npmPackage, patience, publish, withProxy } from './support.mjs';

const limit = { timeout: 120000 };
const source = readFileSync(new URL('../dist/fanfare_client.js', import.meta.url), 'utf8');
let browser;
before(async () => {
  browser = await npmPackage('playwright-core').chromium.launch({
    executablePath: (process.env.FANFARE_CHROMIUM ?? '/usr/bin/chromium') || undefined, // Empty: Playwright's own.
    args: ['--no-sandbox', '--disable-gpu'],
  });
});
after(() => browser?.close());

/// A page of the proxy's origin with a client that is connecting; `seen` is what it got.
async function withPage(proxy, options, body, url = '/api/v1/ws?user=alice') {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.route('**/fanfare_client.js', route =>
      route.fulfill({ contentType: 'text/javascript', body: source }),
    );
    await page.goto(proxy.http + '/healthz'); // From the server: a page that is made up here may not reach 127.0.0.1.
    await page.evaluate(async ([where, given]) => {
      const { FanfareClient } = await import('/fanfare_client.js');
      const client = new FanfareClient(where, given);
      Object.assign(window, { client, seen: [], gaps: [], joined: 0 });
      client.subscribe('group:a', {
        on: { n: payload => window.seen.push(payload) },
        gap: info => window.gaps.push(info),
        subscribed: () => window.joined++,
      });
      client.connect();
    }, [url, options]);
    const is = (question, what) => eventually(() => page.evaluate(question), patience, what);
    await body({ page, context, is });
  } finally {
    await context.close();
  }
}

test('a page comes back when the network does, without a hole or a repetition', limit, () =>
  withProxy([], (server, proxy) =>
    withPage(proxy, { backoff: { min: 500, max: 1000 } }, async ({ page, context, is }) => {
      await is('joined === 1', 'joined');
      for (let n = 0; n < 5; n++) await publish(server, 'group:a', 'n', n);
      await is('seen.length === 5', 'five messages');
      proxy.mode = 'refuse';
      proxy.cut();
      await context.setOffline(true);
      await is("client.state === 'waiting'", 'waiting');
      for (let n = 5; n < 10; n++) await publish(server, 'group:a', 'n', n);
      proxy.mode = 'pass';
      await context.setOffline(false);
      await is('seen.length === 10', 'all messages');
      assert.deepEqual(await page.evaluate('[seen, gaps, client.transport]'), [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [],
        'websocket',
      ]);
    }),
  ),
);

test('where WebSocket is blocked the page uses SSE', limit, () =>
  withProxy([], async (server, proxy) => {
    proxy.mode = 'no-websocket';
    await withPage(proxy, {}, async ({ page, is }) => {
      await is('joined === 1', 'joined');
      await publish(server, 'group:a', 'n', 1);
      await is('seen.length === 1', 'a message');
      assert.equal(await page.evaluate('client.transport'), 'sse');
      assert.equal(await page.evaluate("client.history('group:a').then(page => page.messages.length)"), 1);
      await page.evaluate('client.disconnect()');
      await eventually(
        async () => (await (await fetch(server.http + '/api/v1/ws/stats')).json()).connections === 0,
        patience,
        'its end',
      );
    });
  }),
);

test('a page that may not come in learns it', limit, () =>
  withProxy(['--auth', 'ticket', '--admin-key', 'k'], (server, proxy) =>
    withPage(proxy, {}, async ({ page, is }) => {
      await is("client.state === 'closed'", 'closed');
      assert.deepEqual(await page.evaluate('[client.status.error.status, client.status.error.code]'), [
        401,
        'unauthorized',
      ]);
    }),
  ),
);

for (const transport of ['websocket', 'sse'])
  test(`a page of another origin that is listed comes in and is heard, over ${transport}`, limit, () =>
    withProxy(['--origin', 'any', '--open-publish'], (server, proxy) =>
      withPage(
        proxy,
        { transports: [transport] },
        async ({ page, is }) => {
          await is('joined === 1', 'joined');
          assert.equal(new URL(await page.evaluate('location.href')).origin, proxy.http);
          await page.evaluate("client.publish('group:a', 'n', 1).then(receipt => receipt.offset)");
          await is('seen.length === 1', 'its message');
        },
        `${server.http}/api/v1/ws?user=alice`,
      ),
    ),
  );
