// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Two browsers on two instances of the chat over one Redis: node chat.mjs NOTIFICATION_SERVER
// The chat is the executable beside it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { by, fits, Network, newPage, shot, withRedis } from './browser_support.mjs';
import { Client, eventually, npmPackage, patience, post, runTests, startServer, test } from './support.mjs';

const { WebSocket } = npmPackage('ws');
const chat = path.join(path.dirname(process.argv[2]), 'chat');
const hostile = '<b onclick=hacked()>x</b>';

/// Two instances on one Redis; `restart(which)` kills one and starts it anew on the same port.
const withInstances = body => withRedis(async redis => {
  const servers = [await startServer(chat, ['--redis', redis]), await startServer(chat, ['--redis', redis])];
  const pages = [];
  try {
    await body(...servers, {
      enter: async (url, name, options) => {
        const page = await newPage(url, options);
        pages.push(page);
        await page.goto(url);
        await by(page, 'name').fill(name);
        await by(page, 'enter').click();
        await inRoom(page, 'lobby');
        return page;
      },
      restart: async which => {
        const { port } = servers[which];
        await servers[which].stop('SIGKILL');
        return async () => { servers[which] = await startServer(chat, ['--port', String(port), '--redis', redis]); };
      },
    });
    for (const page of pages) assert.deepEqual(page.faults, []);
  } finally {
    for (const page of pages) await page.context().close();
    for (const server of servers)
      if (server.child.exitCode === null && server.child.signalCode === null) await server.stop();
  }
});

const inRoom = (page, room) =>
  page.locator(`[data-testid=room][data-room=${room}][data-state=joined]`)
    .waitFor({ state: 'attached', timeout: 60000 });
const messages = page => page.locator('[data-testid=message]:not(.pending):visible');
const message = (page, text) => messages(page).filter({ hasText: text });
const texts = page => messages(page).locator('p').allInnerTexts();
const room = (page, name) => page.locator(`[data-testid=room][data-room=${name}] button`);
const person = (page, name) => by(page, 'people').locator('li', { hasText: name });
const unread = (page, name, count) =>
  room(page, name).locator('[data-testid=unread]').filter({ hasText: new RegExp(`^${count}$`) }).waitFor();

/// Writes and waits until the page shows that the server has it.
async function write(page, text) {
  await by(page, 'text').fill(text);
  await by(page, 'text').press('Enter');
  await message(page, text).first().waitFor();
}

/// A user without a browser. The key proves who it is.
async function user(server, name, key = `${name} ${'k'.repeat(40)}`) {
  const { status, body } = await post(server, '/chat/tickets', { name, key });
  assert.equal(status, 200, JSON.stringify(body));
  const client = await Client.open(WebSocket, `${server.ws}?ticket=${body.ticket}`);
  const { payload } = await client.next('connected');
  assert.equal(payload.user_id, body.user_id);
  return Object.assign(client, { id: body.user_id,
    say: (text, room = 'chat:lobby', more = {}) =>
      client.ask('chat_message', { room, text, key: text.slice(-30) || 'none', ...more }) });
}

let speakers = 0;

/// As many messages as are wished for, from as many users as that takes: nobody may speak that fast.
async function crowd(server, count, text = n => `line ${n}.`) {
  let speaker;
  for (let n = 1; n <= count; n++) {
    if (n % 10 === 1) {
      await speaker?.end();
      speaker = await user(server, `Speaker ${++speakers}`);
    }
    const answer = await speaker.say(text(n));
    assert.equal(answer.type, 'chat_message', JSON.stringify(answer));
  }
  await speaker.end();
}

test('people on two instances talk, see who is there and who is typing', () =>
  withInstances(async (one, other, { enter }) => {
    const ada = await enter(one.http, 'Ada Lovelace'), bob = await enter(other.http, 'Bob', { colorScheme: 'dark' });
    for (const page of [ada, bob]) await Promise.all(['Ada Lovelace', 'Bob'].map(name => person(page, name).waitFor()));
    await write(ada, 'Has anybody seen the build?');
    await message(bob, 'Has anybody seen the build?').filter({ hasText: 'Ada Lovelace' }).waitFor();
    await write(bob, 'It is green\nagain');
    await message(ada, 'again').waitFor();
    await eventually(async () => { // Not more often than the server takes it: a later key tells.
      await by(bob, 'text').pressSequentially('x');
      return /Bob is typing/.test(await by(ada, 'typing').textContent());
    }, patience, 'Bob is seen typing');
    await shot(ada, 'chat-light');
    await shot(bob, 'chat-dark');
    assert.doesNotMatch(await by(bob, 'typing').textContent(), /typing/);
    await write(bob, 'that was it');
    await eventually(async () => await by(ada, 'typing').textContent() === '', patience, 'what was typed has come');
    await bob.context().close();
    await person(ada, 'Bob').waitFor({ state: 'detached', timeout: 30000 });
    assert.equal(await message(ada, 'that was it').count(), 1);
  }));

test('a room that nobody looks at counts what is unread, and shows where it begins', () =>
  withInstances(async (one, other, { enter }) => {
    const ada = await enter(one.http, 'Ada');
    const bob = await user(other, 'Bob');
    await room(ada, 'random').click();
    await inRoom(ada, 'random');
    await by(ada, 'title').filter({ hasText: 'Random' }).waitFor();
    for (const text of ['first', 'second', 'third']) await bob.say(text);
    await unread(ada, 'lobby', 3);
    assert.match(await ada.title(), /^\(3\)/);
    await by(ada, 'text').fill('a draft for random');
    await room(ada, 'lobby').click();
    await message(ada, 'third').waitFor();
    await ada.locator('.divider.new:visible').waitFor();
    await room(ada, 'lobby').locator('[data-testid=unread]').waitFor({ state: 'hidden' });
    assert.equal(await by(ada, 'text').inputValue(), '');
    await room(ada, 'random').click();
    assert.equal(await by(ada, 'text').inputValue(), 'a draft for random');
    await bob.say('fourth');
    await unread(ada, 'lobby', 1);
    await ada.reload(); // What was read is remembered, and no more.
    await inRoom(ada, 'random');
    await unread(ada, 'lobby', 1);
    await by(ada, 'leave').click(); // Leaves random.
    await by(ada, 'title').filter({ hasText: 'Lobby' }).waitFor();
    assert.equal(await ada.locator('[data-testid=room][data-room=random]').getAttribute('data-state'), 'left');
    await bob.end();
  }));

test('history is there after a reload, and goes back as far as one scrolls', () =>
  withInstances(async (one, other, { enter }) => {
    await crowd(other, 120);
    const ada = await enter(one.http, 'Ada');
    await message(ada, 'line 120.').waitFor();
    assert.equal(await messages(ada).count(), 50);
    const scroller = by(ada, 'talk').locator('.scroll:visible');
    await eventually(async () => { // Up, and what comes there does not move what one reads.
      await scroller.evaluate(node => { node.scrollTop = 0; });
      return await messages(ada).count() === 120;
    }, patience, 'all of it');
    assert.deepEqual(await texts(ada), Array.from({ length: 120 }, (_, n) => `line ${n + 1}.`));
    await by(ada, 'earlier').waitFor({ state: 'hidden' });
    await scroller.evaluate(node => { node.scrollTop = 300; });
    await crowd(other, 1, () => 'news'); // Somebody who reads is left alone.
    await by(ada, 'down').filter({ hasText: '1 new below' }).click();
    await message(ada, 'news').waitFor();
    await ada.reload();
    await message(ada, 'news').waitFor();
    assert.deepEqual((await texts(ada)).slice(-2), ['line 120.', 'news']);
  }));

test('what was said while the network was away is there afterwards once, and what was written is sent once', () =>
  withInstances(async (one, other, { enter }) => {
    const network = await Network.before(one);
    try {
      const ada = await enter(network.http, 'Ada'), bob = await enter(other.http, 'Bob');
      await write(ada, 'before');
      network.cut();
      await by(ada, 'link').filter({ hasText: 'Next attempt' }).waitFor();
      await by(ada, 'text').fill('written offline');
      await by(ada, 'text').press('Enter');
      await ada.locator('.pending', { hasText: 'written offline' }).waitFor();
      for (let n = 1; n <= 5; n++) await write(bob, `meanwhile ${n}`);
      await shot(ada, 'chat-offline');
      network.restore();
      await by(ada, 'connect-now').dispatchEvent('click'); // It may be on its way by itself already.
      await message(ada, 'written offline').waitFor();
      const wanted = ['before', ...[1, 2, 3, 4, 5].map(n => `meanwhile ${n}`), 'written offline'];
      for (const page of [ada, bob]) await eventually(async () =>
        JSON.stringify(await texts(page)) === JSON.stringify(wanted), patience, wanted.join());
      assert.equal(await ada.locator('.pending').count(), 0);
      ada.faults = []; // Attempts without a network are errors on the console, rightly.
    } finally {
      await network.close();
    }
  }));

for (const lost of ['message', 'confirmation']) test(`a ${lost} that got lost with the connection costs nothing`, () =>
  withInstances(async (one, other, { enter }) => {
    const network = await Network.before(one);
    try {
      const ada = await enter(network.http, 'Ada'), bob = await enter(other.http, 'Bob');
      await write(ada, 'before');
      if (lost === 'message') network.freeze(); else network.mute();
      await by(ada, 'text').fill('in between');
      await by(ada, 'text').press('Enter');
      await ada.locator('.pending', { hasText: 'in between' }).waitFor();
      if (lost === 'confirmation') await message(bob, 'in between').waitFor();
      assert.equal(await ada.locator('.pending').count(), 1);
      network.restore();
      await message(ada, 'in between').waitFor({ timeout: 60000 });
      await write(ada, 'after');
      await message(bob, 'after').waitFor();
      for (const page of [ada, bob]) assert.deepEqual(await texts(page), ['before', 'in between', 'after']);
      assert.equal(await ada.locator('.pending').count(), 0);
      ada.faults = []; // Attempts without a network are errors on the console, rightly.
    } finally {
      await network.close();
    }
  }));

test('a page that is open for weeks keeps a bounded number of messages', () =>
  withInstances(async (one, other, { enter }) => {
    const ada = await enter(one.http, 'Ada');
    const count = await ada.evaluate(async () => {
      const { Timeline } = await import('/timeline.js');
      const timeline = new Timeline('me', 'Test', () => {}), payload = { user_id: 'u', name: 'U', text: 'line' };
      let last = 0;
      const say = (n, epoch = 'e') => timeline.add(Array.from({ length: n }, () => ({ epoch, payload,
        offset: ++last, timestamp: new Date() })));
      timeline.node.style.height = '400px';
      document.getElementById('talk').replaceChildren(timeline.node);
      const shown = () => timeline.node.querySelectorAll('.message').length;
      say(1500);
      const atEnd = shown();
      timeline.node.scrollTop = 300; // Somebody reads there.
      say(3000);
      const scrolledUp = shown();
      say(1, 'another'); // The server has lost what it kept.
      return { atEnd, scrolledUp, anew: shown(), lost: timeline.node.querySelectorAll('.lost').length };
    });
    assert.deepEqual(count, { atEnd: 1000, scrolledUp: 3000, anew: 1, lost: 1 });
  }));

test('an instance that is killed and comes back costs nobody a message', () =>
  withInstances(async (one, other, { enter, restart }) => {
    const ada = await enter(one.http, 'Ada'), bob = await enter(other.http, 'Bob');
    await write(ada, 'before');
    const start = await restart(0);
    await by(ada, 'link').filter({ hasText: /Next attempt|Connecting/ }).waitFor();
    await write(bob, 'is anybody there?');
    await start();
    await message(ada, 'is anybody there?').waitFor({ timeout: 60000 });
    await write(ada, 'I am back');
    await message(bob, 'I am back').waitFor();
    assert.deepEqual(await texts(ada), ['before', 'is anybody there?', 'I am back']);
    for (const page of [ada, bob]) for (const name of ['Ada', 'Bob']) await person(page, name).waitFor();
    ada.faults = []; // As above.
  }));

test('nobody is somebody else: neither by name, nor by a claim, nor by a ticket', () =>
  withInstances(async (one, other, { enter }) => {
    const ada = await enter(one.http, 'Ada');
    await write(ada, 'it is me');
    const id = await messages(ada).first().getAttribute('data-user');
    const mallory = await user(other, 'Ada'); // The same name, and another key.
    assert.notEqual(mallory.id, id);
    const claim = { user_id: id, name: 'Ada Lovelace', from: id };
    assert.equal((await mallory.say('no, me', 'chat:lobby', claim)).type, 'chat_message');
    await message(ada, 'no, me').waitFor();
    assert.equal(await message(ada, 'no, me').getAttribute('data-user'), mallory.id);
    await person(ada, 'Ada').filter({ hasText: 'you' }).waitFor();
    assert.equal(await message(ada, 'Ada Lovelace').count(), 0);

    for (const [to, type] of [['chat:lobby', 'chat_message'], ['chat:lobby', 'join'], ['typing:lobby', 'typing'],
      [`user:${id}`, 'notification'], ['chat:nowhere', 'chat_message']]) {
      const payload = { type, payload: { ...claim, text: 'forged' } };
      mallory.send({ type: 'publish', request_id: type + to, room: to, payload });
      const answer = await mallory.next(({ request_id }) => request_id === type + to, `publish to ${to}`);
      assert.equal(answer.type, 'error', JSON.stringify(answer));
    }
    const forged = { room: 'chat:lobby', type: 'chat_message', payload: claim };
    const { status, body } = await post(other, '/api/v1/publish', forged);
    assert.equal(status, 403, JSON.stringify(body));
    assert.equal((await post(other, '/api/v1/tickets', { user_id: id })).status, 403);

    for (const query of [`?user=${id}`, '', `?ticket=${'A'.repeat(43)}`])
      await assert.rejects(Client.open(WebSocket, other.ws + query), { status: 401 });
    const { body: { ticket } } = await post(other, '/chat/tickets', { name: 'Once', key: 'o'.repeat(40) });
    await (await Client.open(WebSocket, `${other.ws}?ticket=${ticket}`)).end();
    await assert.rejects(Client.open(WebSocket, `${other.ws}?ticket=${ticket}`), { status: 401 });
    await mallory.end();
  }));

test('rooms, names, texts and rates that are not allowed are refused with a reason', () =>
  withInstances(async one => {
    const bad = async (name, key, wanted) => {
      const { status, body } = await post(one, '/chat/tickets', { name, key });
      assert.equal(status, 400, `${name}: ${JSON.stringify(body)}`);
      assert.match(body.error.message, wanted);
    };
    const key = 'k'.repeat(40);
    await bad('', key, /empty/);
    await bad('  ', key, /empty/);
    await bad(' Ada', key, /space/);
    await bad('A'.repeat(25), key, /24/);
    await bad('Ada\u202Enhoj', key, /visible/);
    await bad('Ada\n', key, /visible/);
    for (const unseen of ['\u200B', '\u3164', '\u{E0041}']) await bad('Ada' + unseen, key, /visible/);
    await bad(7, key, /name/);
    await bad('Ada', 'short', /key/);
    assert.equal((await post(one, '/chat/tickets', 'no JSON')).status, 400);
    assert.equal((await post(one, '/chat/tickets', { name: 'Ada', key: 'k'.repeat(2000) })).status, 413);
    const form = await fetch(one.http + '/chat/tickets', { method: 'POST', body: '{}',
      headers: { 'content-type': 'text/plain' } });
    assert.equal(form.status, 415);

    const bob = await user(one, 'Bo\u0308b 🎺');
    const { payload } = await bob.ask('subscribe',
      { rooms: ['chat:lobby', 'chat:secret', 'typing:lobby', 'typing:x', 'global', 'user:ada'] });
    assert.deepEqual(payload.rooms.filter(name => !name.startsWith('user:')).sort(), ['chat:lobby', 'typing:lobby']);
    assert.equal(payload.rejected.length, 4);
    const refused = async (say, code) => {
      const answer = await say;
      assert.equal(answer.payload.code, code, JSON.stringify(answer));
    };
    await refused(bob.say('hello', 'chat:secret'), 'unknown_room');
    await refused(bob.say('hello', 'typing:lobby'), 'unknown_room');
    await refused(bob.say(''), 'invalid_message');
    await refused(bob.say(' \n\u200B '), 'invalid_message');
    await refused(bob.say('a\u0000b'), 'invalid_message');
    await refused(bob.say('ä'.repeat(1001)), 'invalid_message');
    await refused(bob.say('text', 'chat:lobby', { key: '' }), 'invalid_message');
    await refused(bob.say('text', 'chat:lobby', { text: ['text'] }), 'invalid_message');
    await refused(bob.ask('history', { room: 'typing:lobby' }), 'forbidden');
    assert.equal((await bob.say('🎺'.repeat(1000), 'chat:lobby', { key: 'long' })).type, 'chat_message');
    const again = await bob.say('🎺', 'chat:lobby', { key: 'long' });
    assert.equal(again.payload.duplicate, true);
    const answers = [];
    for (let n = 0; n < 15; n++) answers.push(await bob.say(`flood ${n}`));
    assert.ok(answers.some(answer => answer.payload.code === 'rate_limited'), 'a flood is stopped');
    await bob.end();
  }));

test('typing leaves no trace, and nobody types without end', () =>
  withInstances(async (one, other) => {
    const ada = await user(one, 'Ada'), bob = await user(other, 'Bob');
    await ada.ask('subscribe', { rooms: ['chat:lobby', 'typing:lobby'] });
    await bob.ask('subscribe', { rooms: ['typing:lobby'] });
    const claim = { name: 'Ada', user_id: ada.id };
    for (let n = 0; n < 12; n++) bob.send({ type: 'typing', request_id: n, payload: { room: 'chat:lobby', ...claim } });
    const { payload } = await ada.next('typing');
    assert.deepEqual(payload, { user_id: bob.id, name: 'Bob' });
    const { payload: refusal } = await bob.next(({ type, request_id }) => type === 'error' && request_id !== undefined,
      'a refusal');
    assert.equal(refusal.code, 'rate_limited');
    await bob.say('done');
    await ada.next('chat_message');
    assert.ok(ada.messages.filter(({ type }) => type === 'typing').length < 8);
    assert.equal(bob.messages.filter(({ type }) => type === 'typing').length, 0); // Not to whoever types.
    const { payload: history } = await ada.ask('history', { room: 'chat:lobby' });
    assert.deepEqual(history.messages.map(({ type }) => type), ['chat_message']);
    await ada.end();
    await bob.end();
  }));

test('hostile names and texts stay text', () =>
  withInstances(async (one, other, { enter }) => {
    const ada = await enter(one.http, hostile.slice(0, 24)), bob = await enter(other.http, 'Bob');
    await write(ada, `${hostile}<script>hacked()</script>`);
    await message(bob, hostile).filter({ hasText: hostile.slice(0, 24) }).waitFor();
    await person(bob, hostile.slice(0, 24)).waitFor();
    for (const page of [ada, bob]) assert.equal(await page.locator('b, body script').count(), 0);
    const policy = (await ada.request.get(one.http + '/')).headers()['content-security-policy'];
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    for (const part of [/default-src 'none'/, /frame-ancestors 'none'/, /require-trusted-types-for 'script'/])
      assert.match(policy, part);
  }));

test('without a name nothing leads past the first question, and an empty room says that it is empty', () =>
  withInstances(async one => {
    const page = await newPage(one.http);
    await page.goto(one.http);
    await by(page, 'welcome').waitFor();
    for (let n = 0; n < 3; n++) {
      await page.keyboard.press('Escape');
      await by(page, 'name').and(page.locator(':focus')).waitFor();
    }
    assert.equal(await page.locator('[aria-current]').count(), 0);
    await page.keyboard.type('Ada');
    await page.keyboard.press('Enter');
    await inRoom(page, 'lobby');
    const log = page.getByRole('log', { name: 'Messages in Lobby' });
    const hint = () => log.locator('.messages').evaluate(node => getComputedStyle(node, '::before').content);
    await eventually(async () => /Nothing has been said/.test(await hint()), patience, 'the room says: empty');
    await write(page, '\u05E9\u05DC\u05D5\u05DD (hello)!');
    assert.equal(await hint(), 'none');
    const direction = await messages(page).locator('p').evaluate(node => getComputedStyle(node).direction);
    assert.equal(direction, 'rtl');
    await by(page, 'me').click();
    await page.keyboard.press('Escape'); // With a name there is something to go back to.
    await by(page, 'welcome').waitFor({ state: 'hidden' });
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }));

test('a server that has forgotten everything is not taken for an empty room', async () => {
  const server = await startServer(chat); // In memory.
  const page = await newPage(server.http);
  try {
    await page.goto(server.http);
    await by(page, 'name').fill('Ada');
    await by(page, 'enter').click();
    await inRoom(page, 'lobby');
    await write(page, 'before');
    await server.stop();
    await by(page, 'link').filter({ hasText: /Next attempt|Connecting/ }).waitFor();
    await by(page, 'text').fill('written meanwhile');
    await by(page, 'text').press('Enter');
    const again = await startServer(chat, ['--port', String(server.port)]);
    try {
      await message(page, 'written meanwhile').waitFor({ timeout: 60000 });
      await page.locator('.divider.lost:visible').waitFor();
      assert.deepEqual(await texts(page), ['written meanwhile']);
    } finally {
      await again.stop();
    }
  } finally {
    await page.context().close();
    if (server.child.exitCode === null && server.child.signalCode === null) await server.stop();
  }
});

test('the chat is used on a phone and with the keyboard alone', () =>
  withInstances(async (one, other, { enter }) => {
    await crowd(other, 3, n => `a rather long line of text that has to be broken on a narrow screen, number ${n}`);
    const ada = await enter(one.http, 'Ada', { viewport: { width: 390, height: 844 } });
    await message(ada, 'number 3').waitFor();
    await fits(ada);
    await shot(ada, 'chat-phone');
    await ada.getByRole('button', { name: 'Rooms' }).focus();
    await ada.keyboard.press('Enter');
    await room(ada, 'help').focus();
    await shot(ada, 'chat-phone-rooms');
    await ada.keyboard.press('Enter');
    await by(ada, 'title').filter({ hasText: 'Help' }).waitFor();
    assert.equal(await ada.locator('#show-rooms').getAttribute('aria-expanded'), 'false');
    await by(ada, 'show-people').focus();
    await ada.keyboard.press('Space');
    await person(ada, 'Ada').waitFor();
    await ada.keyboard.press('Escape');
    assert.equal(await by(ada, 'show-people').getAttribute('aria-expanded'), 'false');
    await by(ada, 'text').focus();
    await ada.keyboard.type('one line');
    await ada.keyboard.press('Shift+Enter');
    await ada.keyboard.type('and another');
    await ada.keyboard.press('Enter');
    await message(ada, 'and another').waitFor();
    assert.deepEqual(await texts(ada), ['one line\nand another']);
    await fits(ada);
  }));

test('with --sqlite the history survives a restart', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'fanfare-chat-'));
  try {
    for (const round of [1, 2]) {
      const server = await startServer(chat, ['--sqlite', path.join(folder, 'chat.db')]);
      const ada = await user(server, 'Ada');
      await ada.say(`round ${round}`);
      const { payload } = await ada.ask('history', { room: 'chat:lobby' });
      assert.deepEqual(payload.messages.map(one => one.payload.text), ['round 1', 'round 2'].slice(0, round));
      await ada.end();
      assert.deepEqual(await server.stop(), [0, null]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('over SSE alone the chat is the same', () =>
  withInstances(async (one, other, { enter }) => {
    const ada = await enter(`${one.http}/?transport=sse`, 'Ada');
    await by(ada, 'instance').filter({ hasText: 'sse' }).waitFor();
    const bob = await user(other, 'Bob');
    await bob.say('over there');
    await message(ada, 'over there').waitFor();
    await write(ada, 'over here');
    await bob.end();
  }));

test('the script starts a Redis and two instances, says where they are, and leaves nothing behind', async () => {
  const script = fileURLToPath(new URL('../../examples/demos/chat/run.sh', import.meta.url));
  const child = spawn(script, [path.dirname(chat), '0', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let output = '';
  child.stdout.setEncoding('utf8').on('data', text => { output += text; });
  try {
    const urls = await eventually(() => {
      const found = output.match(/^http:\S+\/$/mg) ?? [];
      return found.length === 2 && found;
    }, 60000, 'two URLs');
    const [one, other] = urls.map(url => ({ http: url.slice(0, -1), ws: `${url.replace('http', 'ws')}api/v1/ws` }));
    const ada = await user(one, 'Ada'), bob = await user(other, 'Bob');
    await bob.ask('subscribe', { rooms: ['chat:lobby'] });
    await ada.say('across');
    assert.equal((await bob.next('chat_message')).payload.text, 'across');
    child.kill('SIGTERM');
    await Promise.all([ada.closed, bob.closed]);
    await exited;
    await assert.rejects(fetch(one.http, { signal: AbortSignal.timeout(5000) }));
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
});

await runTests();
