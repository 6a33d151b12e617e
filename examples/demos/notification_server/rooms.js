// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The rooms of the page: joining and leaving, what was missed while the page was away, and what was there before.
import { $, button, el } from './dom.js';
import * as feed from './feed.js';
import { toast } from './toasts.js';

const lookBack = 20; // Messages that `Earlier` brings.

export class Rooms {
  #client;
  #subscriptions = new Map(); // room: Subscription, of what the visitor wished for, and of the user's own
  #refused = new Map(); // room: { why, code }
  #own = new Set(); // They come with the user; nobody can leave them.
  #earliest = new Map(); // room: the first position that is in the feed
  #catching = new Map(); // room: { until, came }, while what was missed is on its way
  #missed = 0;
  #lost = new Set();
  #reporting = false;
  #again;

  constructor(client, changed) {
    this.#client = client;
    this.changed = changed;
  }

  // ---- in and out ----
  join(names) {
    for (const name of names) {
      this.#refused.delete(name);
      if (!this.#subscriptions.has(name)) this.#subscribe(name);
    }
    this.show();
  }

  leave(name) {
    this.#subscriptions.get(name)?.unsubscribe();
    this.#forget(name);
    this.show();
  }

  isWanted = name => this.#subscriptions.has(name);

  #subscribe(name) {
    this.#subscriptions.set(name, this.#client.subscribe(name, {
      subscribed: info => this.#joined(name, info),
      recovered: info => { if (info.recovered) this.#catchUp(name, info.position); },
      message: message => this.#took(name, message),
      rejected: (error, { code, message }) => this.#refuse(name, message || code, code),
    }));
  }

  #refuse(name, why, code) {
    this.#subscriptions.get(name)?.unsubscribe();
    this.#forget(name);
    this.#refused.set(name, { why, code });
    this.show();
  }

  #forget(name) {
    for (const known of [this.#subscriptions, this.#earliest, this.#catching]) known.delete(name);
  }

  /// A new connection. `positions` are of the rooms that came with the user.
  connected({ user_id, positions = {} }) {
    this.#own = new Set([...Object.keys(positions), ...(user_id ? ['user:' + user_id] : [])]);
    for (const name of this.#own) {
      if (!this.#subscriptions.has(name)) this.#subscribe(name);
      if (positions[name]) this.#begin(name, positions[name]);
    }
    this.show();
  }

  disconnected() {
    this.#catching.clear();
    this.#missed = 0;
    this.#lost.clear();
    this.#reporting = false;
    $('caught-up').textContent = '';
    this.show();
  }

  #joined(name, { first, position }) {
    if (position) this.#begin(name, position);
    feed.note(first ? 'joined' : 'joined again', { room: name }, name);
    this.show();
  }

  // ---- catching up ----
  #begin(name, { epoch, offset }) {
    if (this.#earliest.get(name)?.epoch !== epoch) this.#earliest.set(name, { epoch, offset: offset + 1 });
  }

  #catchUp(name, position) {
    this.#reporting = true;
    this.#catching.set(name, { until: position?.offset ?? 0, came: 0 });
    this.show();
    this.#settle();
  }

  isReplay = ({ room, offset }) => offset !== undefined && offset <= (this.#catching.get(room)?.until ?? -1);

  #took(name, message) {
    if (message.offset === undefined) return;
    if (this.isReplay(message)) this.#catching.get(name).came++;
    if (!this.#earliest.has(name)) {
      this.#earliest.set(name, { epoch: message.epoch, offset: message.offset });
      this.show();
    }
    queueMicrotask(() => this.#settle()); // Everybody else has seen the message then.
  }

  /// Something is missing, and will not come.
  gap({ room, reason, dropped, position }) {
    if (reason === 'reconnected') return; // The room keeps nothing: the list says "live only".
    feed.show({ type: 'gap', room, timestamp: new Date().toISOString(), payload: { reason, dropped,
      ...(reason === 'not_recovered' && { message: 'what was missed is gone' }) } }, 'local');
    if (room === undefined) return;
    this.#catching.delete(room);
    this.#lost.add(room);
    this.#reporting = true;
    if (position) this.#begin(room, position);
    queueMicrotask(() => this.#settle());
  }

  // Says in words how it went, when the last room has come back. Asks again by itself: a missed message that came live
  // already moves the position, and nobody is told.
  #settle() {
    clearTimeout(this.#again);
    const before = this.#catching.size;
    for (const [name, { until, came }] of this.#catching) {
      if ((this.#subscriptions.get(name)?.position?.offset ?? Infinity) < until) continue;
      this.#catching.delete(name);
      this.#missed += came;
      feed.note('caught_up', { missed: came }, name);
    }
    if (this.#catching.size !== before) this.show();
    if (this.#catching.size > 0) this.#again = setTimeout(() => this.#settle(), 100);
    else if (this.#reporting) this.#report();
  }

  #report() {
    this.#reporting = false;
    const missed = this.#missed, lost = this.#lost, rooms = [...lost].join(', ');
    const caught = missed === 1 ? 'caught up: 1 missed message'
      : missed ? `caught up: ${missed} missed messages` : lost.size ? '' : 'caught up: nothing was missed';
    const told = lost.size ? `some messages are lost (${rooms})` : '';
    $('caught-up').textContent = [caught, told].filter(Boolean).join('; ');
    if (lost.size) toast('warning', 'Some messages are lost', rooms);
    else if (missed) toast('info', caught[0].toUpperCase() + caught.slice(1));
  }

  async #earlier(name) {
    try {
      const { epoch, messages, more } = await this.#client.history(name,
        { limit: lookBack, order: 'newest', since: this.#earliest.get(name) });
      this.#earliest.set(name, { epoch, offset: more ? messages.at(-1).offset : 1 });
      feed.showEarlier(messages);
    } catch (error) {
      if (error.code === 'invalid_position') this.#earliest.delete(name); // From the newest on, next time.
      feed.note('error', { code: error.code, message: error.message }, name);
    }
    this.show();
  }

  // ---- the lists ----
  show() {
    const wished = [...this.#subscriptions.keys()].filter(name => !this.#own.has(name));
    const focused = document.activeElement?.dataset.key;
    $('rooms').replaceChildren(...[...this.#own, ...wished].map(name => this.#row(name)));
    $('refused').replaceChildren(...[...this.#refused].map(([name, refusal]) => this.#refusal(name, refusal)));
    if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    this.changed(wished.filter(name => name !== 'global'));
  }

  #row(name) {
    const connected = this.#client.state === 'connected', subscription = this.#subscriptions.get(name);
    const there = connected && (this.#own.has(name) || subscription.joined);
    const state = !there ? (connected ? 'joining' : 'waiting') : this.#catching.has(name) ? 'catching up'
      : subscription.position ? '' : 'live only';
    const row = el('li', {}, el('code', { textContent: name }), el('small', { className: 'stat', textContent: state }));
    Object.assign(row.dataset, { room: name, state: there ? 'joined' : 'wanted' });
    const add = (label, what, title) => {
      const node = button(label, what, `${title} ${name}`);
      node.setAttribute('aria-label', `${title} ${name}`);
      node.dataset.key = `${label}:${name}`;
      row.append(node);
    };
    if (there && this.#earliest.get(name)?.offset > 1) add('Earlier', () => this.#earlier(name), 'Earlier messages of');
    if (!this.#own.has(name)) add('Leave', () => this.leave(name), 'Leave');
    return row;
  }

  #refusal(name, { why, code }) {
    const text = el('div', {}, el('code', { textContent: name }), ' ',
      el('span', { className: 'why', textContent: code ? `${why} (${code})` : why }));
    const dismiss = () => { this.#refused.delete(name); this.show(); };
    const row = el('li', {}, text, button('Dismiss', dismiss, 'Dismiss ' + name));
    row.dataset.room = name;
    return row;
  }
}
