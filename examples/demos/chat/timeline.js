// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// One room's messages on the page, in the order of their offsets. Every one is there once, however it came.
import { button, el } from './dom.js';

const most = 1000; // Messages on the page, and three times as many under the eyes of who reads older ones.
const together = 5 * 60_000; // Messages of one person within this time stand under one name.
const near = 60; // Pixels from the end that count as being there.

const day = at => at.toLocaleDateString('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const time = at => at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });

/// A hue for each person: the same on every page.
export const hueOf = id => [...String(id)].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 360, 7);

export const initialOf = name => ([...String(name)][0] ?? '?').toUpperCase();

export class Timeline {
  messages = []; // by offset
  more = false; // there are older ones on the server
  #nodes = new Map(); // offset: node
  #pending = new Map(); // key: node
  #list = el('ol', { className: 'messages' });
  #earlier = el('button',
    { className: 'small earlier', type: 'button', textContent: 'Earlier messages', hidden: true });
  #kept = null; // where it was scrolled to when it was hidden

  /// `me` is the visitor's user id; screen readers call it `label`; `wantEarlier()` reads a page of the history.
  constructor(me, label, wantEarlier) {
    this.me = me;
    this.node = el('div', { className: 'scroll', tabIndex: 0 }, this.#earlier, this.#list);
    this.node.setAttribute('role', 'log');
    this.node.setAttribute('aria-label', label);
    this.#earlier.dataset.testid = 'earlier';
    this.#earlier.onclick = wantEarlier;
    this.node.onscroll = () => {
      if (this.node.scrollTop < near && !this.atEnd && this.more && !this.node.hidden) wantEarlier();
      this.onscroll?.();
    };
  }

  get atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.node;
    return scrollHeight - scrollTop - clientHeight < near;
  }
  get newest() { return this.messages.at(-1); }
  get oldest() { return this.messages[0]; }

  /// Takes messages in, in any order. Answers those that are new.
  add(messages) {
    const stay = this.atEnd, height = this.node.scrollHeight, top = this.node.scrollTop;
    const first = this.oldest?.offset ?? Infinity;
    const fresh = messages.filter(message => this.#insert(message));
    if (fresh.length === 0) return fresh;
    this.#trim(stay ? most : 3 * most);
    if (stay) this.toEnd();
    else if (fresh.at(-1).offset < first) this.node.scrollTop = top + this.node.scrollHeight - height;
    return fresh;
  }

  #insert(message) {
    const { offset, epoch, payload } = message;
    if (this.newest && this.newest.epoch !== epoch) {
      this.clear();
      this.divide({ offset: -1 }, 'The server has forgotten what was said before', 'lost');
    }
    if (this.#nodes.has(offset)) return false;
    const at = this.messages.findLastIndex(other => other.offset < offset) + 1;
    const node = this.#row(payload, new Date(message.timestamp));
    node.dataset.offset = offset;
    const next = this.messages[at];
    this.messages.splice(at, 0, message);
    this.#nodes.set(offset, node);
    if (payload.user_id === this.me) this.settle(payload.key);
    this.#list.insertBefore(node, next ? this.#nodes.get(next.offset) : this.#list.querySelector('.pending'));
    this.#group(at);
    this.#group(at + 1);
    return true;
  }

  #row({ user_id, name, text }, at) {
    const who = el('strong', { textContent: String(name), dir: 'auto' });
    const when = el('time', { textContent: time(at), dateTime: at.toISOString(), title: at.toLocaleString('en-GB') });
    const node = el('li', { className: 'message' }, el('div', { className: 'head' }, who, when),
      el('p', { textContent: String(text), dir: 'auto' }));
    node.style.setProperty('--hue', hueOf(user_id));
    node.classList.toggle('mine', user_id === this.me);
    Object.assign(node.dataset, { testid: 'message', user: user_id, initial: initialOf(name) });
    return node;
  }

  // Whether the message needs a name and a day of its own depends on the one before.
  #group(at) {
    const message = this.messages[at], before = this.messages[at - 1];
    if (!message) return;
    const [now, then] = [new Date(message.timestamp), new Date(before?.timestamp ?? 0)];
    const node = this.#nodes.get(message.offset);
    const newDay = day(now) !== day(then) || !before;
    node.classList.toggle('goes-on', !newDay && before.payload.user_id === message.payload.user_id
      && before.payload.name === message.payload.name && now - then < together);
    if (newDay) node.dataset.day = day(now); else delete node.dataset.day;
  }

  #trim(bound) {
    const height = this.node.scrollHeight, top = this.node.scrollTop;
    if (this.messages.length <= bound) return this.#group(0);
    while (this.messages.length > bound) {
      const { offset } = this.messages.shift();
      this.#nodes.get(offset).remove();
      this.#nodes.delete(offset);
      this.showMore(true);
    }
    this.#group(0);
    this.node.scrollTop = top + this.node.scrollHeight - height; // Who reads stays with the line.
  }

  showMore(more) {
    this.more = more;
    this.#earlier.hidden = !more;
  }

  /// A message of ours that the server has not confirmed.
  expect(payload, discard, again) {
    const node = this.#row(payload, new Date());
    node.classList.add('pending');
    const fate = el('span', { className: 'fate', textContent: 'sending' });
    node.append(fate);
    this.#pending.set(payload.key, node);
    this.#list.append(node);
    this.toEnd();
    return { failed: why => {
      if (!this.#pending.has(payload.key)) return; // It came after all.
      node.classList.add('failed');
      fate.replaceChildren(`not sent: ${why} `, button('Try again', again), button('Discard', discard));
    } };
  }
  settle(key) {
    this.#pending.get(key)?.remove();
    this.#pending.delete(key);
  }

  /// A line between the messages before and after `position`, once.
  divide(position, text, kind) {
    this.#list.querySelector(`.${kind}`)?.remove();
    const next = this.messages.find(message => message.offset > position.offset);
    const line = el('li', { className: `divider ${kind}`, textContent: text });
    this.#list.insertBefore(line, next ? this.#nodes.get(next.offset) : this.#list.querySelector('.pending'));
    return line;
  }
  removeLine(kind) { this.#list.querySelector(`.${kind}`)?.remove(); }

  clear() {
    this.messages = [];
    this.#nodes.clear();
    this.#list.replaceChildren(...this.#pending.values());
  }

  toEnd() { this.node.scrollTop = this.node.scrollHeight; }
  show() {
    this.node.hidden = false;
    const line = this.#list.querySelector('.new');
    if (line) line.scrollIntoView({ block: 'center' });
    else if (this.#kept === null) this.toEnd();
    else this.node.scrollTop = this.#kept;
  }
  hide() {
    this.#kept = this.atEnd ? null : this.node.scrollTop;
    this.node.hidden = true;
  }
}
