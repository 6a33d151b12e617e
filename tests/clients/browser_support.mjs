// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What the scripts with Chromium share: the browser, pages that report their faults, a network that can be pulled.
// Screenshots go to FANFARE_ARTIFACTS, or to the folder for temporary files; FANFARE_CHROMIUM names the browser.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { eventually, npmPackage, patience, startServer } from './support.mjs';

const { chromium } = npmPackage('playwright-core');
const artifacts = process.env.FANFARE_ARTIFACTS ?? os.tmpdir();
mkdirSync(artifacts, { recursive: true });

export const browser = await chromium.launch({
  executablePath: (process.env.FANFARE_CHROMIUM ?? '/usr/bin/chromium') || undefined, // Empty: Playwright's own.
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
  timeout: patience,
});

export const by = (page, id) => page.getByTestId(id);
export const shot = (page, name) => page.screenshot({ path: path.join(artifacts, `demo-${name}.png`) });

/// A page of its own browser profile. Every exception in it, every error on its console and every request to anywhere
/// but the origin of `home` is one of its `faults`.
export async function newPage(home, options = {}) {
  const context = options.context ?? await browser.newContext({ viewport: { width: 1360, height: 860 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.faults = [];
  page.on('pageerror', error => page.faults.push(String(error)));
  page.on('console', message => { if (message.type() === 'error') page.faults.push(message.text()); });
  page.on('request', request => {
    if (!request.url().startsWith(new URL(home).origin)) page.faults.push('left home: ' + request.url());
  });
  return page;
}

/// Starts `binary`, opens its page, and insists that it has no faults in the end.
export async function withPage(binary, args, query, body, options) {
  const server = await startServer(binary, args);
  let page;
  try {
    page = await newPage(server.http, options);
    await page.goto(server.http + '/' + query);
    await connected(page);
    await body(page, server);
    assert.deepEqual(page.faults, []);
  } finally {
    await page?.context().close();
    if (server.child.exitCode === null && server.child.signalCode === null) await server.stop();
  }
}

export const inState = (page, state) =>
  page.locator(`[data-testid=state][data-state=${state}]`).waitFor({ timeout: patience });
export const connected = page => inState(page, 'connected');

/// For `addInitScript`: no toast goes by itself.
export function keepToasts() {
  const real = window.setTimeout;
  window.setTimeout = (f, ms, ...more) => ([8000, 20000].includes(ms) ? 0 : real(f, ms, ...more));
}

/// No sideways scrolling.
export async function fits(page) {
  const [wide, view] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= view, `${wide} is wider than ${view}`);
}

/// A redis-server in a folder of its own, which ends with `body`.
export async function withRedis(body) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'fanfare-redis-'));
  const socket = path.join(folder, 'redis');
  const redis = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no',
    '--dir', folder], { stdio: 'ignore' });
  const exited = once(redis, 'exit');
  try {
    await eventually(() => existsSync(socket), patience, 'redis-server listens');
    return await body('unix://' + socket);
  } finally {
    redis.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  }
}

/// A network between a page and a server, which can be pulled and put back. Chromium's own switch for it leaves
/// WebSockets open that are open.
export class Network {
  #links = new Set();
  #frozen = false;
  #cut = false;
  #server = net.createServer(near => this.#accept(near));

  static async before(server) {
    const network = new Network();
    network.to = server;
    await new Promise((resolve, reject) => {
      network.#server.on('error', reject).listen(0, '127.0.0.1', resolve);
    });
    network.http = `http://127.0.0.1:${network.#server.address().port}`;
    return network;
  }

  #accept(near) {
    near.on('error', () => {}); // Links that are cut are what this is for.
    if (this.#cut) return near.destroy();
    const far = net.connect(this.to.port, this.to.host);
    const link = { end: () => { near.destroy(); far.destroy(); this.#links.delete(link); }, near, far };
    this.#links.add(link);
    far.on('error', link.end).on('close', link.end);
    near.on('close', link.end);
    if (this.#frozen) return; // Accepted, and never answered.
    near.pipe(far);
    far.pipe(near);
  }

  /// Links break, and new ones are refused.
  cut() {
    this.#cut = true;
    for (const link of [...this.#links]) link.end();
  }
  /// Nothing comes through any more, in either direction, and nobody is told.
  freeze() {
    this.#frozen = true;
    for (const { near, far } of this.#links) {
      near.unpipe(far).pause();
      far.unpipe(near).pause();
    }
  }
  /// What the page says still arrives; what it is told does not.
  mute() {
    for (const { near, far } of this.#links) far.unpipe(near).pause();
  }
  /// The network is there again; links that were frozen have died meanwhile.
  restore() {
    this.#frozen = this.#cut = false;
    for (const link of [...this.#links]) link.end();
  }
  async close() {
    this.cut();
    await new Promise(resolve => this.#server.close(resolve));
  }
}
