// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// One room that the visitor has joined: its messages, who is there, who is typing, what is unread.
import { markRead, messageKey, readUpTo } from './session.js';
import { Timeline } from './timeline.js';

const page = 50; // Messages that a join or a look back brings.
const typingLasts = 5000, typingEvery = 2500; // The server takes one signal every two seconds.
let typedAt = -Infinity; // In any room.
const timeout = 120_000; // For a message to be confirmed. The server knows its key for longer.

export class Room {
  people = new Map(); // user id: name
  unread = 0;
  joined = false;
  refused = '';
  notice = '';
  draft = ''; // What was written here, and not sent.
  #typing = new Map(); // user id: { name, timer }
  #loading = false;
  #subscriptions;

  /// `changed()` is called whenever something but the messages is different; `isRead(room)` says whether somebody
  /// looks.
  constructor(client, { name, title, topic }, me, { changed, isRead }) {
    Object.assign(this, { client, name, title, topic, me, changed, isRead });
    this.id = 'chat:' + name;
    this.timeline = new Timeline(me, `Messages in ${title}`, () => this.loadEarlier());
    this.timeline.onscroll = () => { if (this.timeline.atEnd) this.read(); };
    this.#subscriptions = [client.subscribe(this.id, {
      last: page,
      on: { join: () => this.#askPresence(), leave: ({ user_id }) => this.#left(user_id) },
      message: message => this.#arrived(message),
      subscribed: info => this.#joined(info),
      gap: () => this.#lost(),
      rejected: error => { this.refused = error.message; changed(); },
    }), client.subscribe('typing:' + name, { on: { typing: payload => this.#isTyping(payload) } })];
  }

  close() {
    for (const one of this.#subscriptions) one.unsubscribe();
    clearTimeout(this.presenceTimer);
    for (const { timer } of this.#typing.values()) clearTimeout(timer);
    this.timeline.node.remove();
  }

  #joined({ first, position }) {
    this.joined = true;
    this.refused = '';
    // What was before the first visit is no news.
    if (first && position && !readUpTo(this.id)) markRead(this.id, position);
    if (first) this.timeline.showMore((position?.offset ?? 0) > page);
    this.timeline.node.classList.toggle('empty', position?.offset === 0);
    this.#askPresence();
    this.changed();
  }

  // ---- messages ----
  #arrived(message) {
    if (message.type !== 'chat_message' || message.offset === undefined) return;
    const [fresh] = this.timeline.add([message]);
    if (!fresh) return;
    this.#stopTyping(fresh.payload.user_id);
    this.count();
  }

  /// Counts what is unread, or reads it if somebody looks.
  count() {
    const read = readUpTo(this.id), { newest } = this.timeline;
    if (newest && this.isRead(this) && this.timeline.atEnd) {
      this.unread = 0;
      if (markRead(this.id, newest)) this.changed();
    } else {
      const unread = this.timeline.messages.filter(({ epoch, offset, payload }) =>
        payload.user_id !== this.me && (epoch !== read?.epoch || offset > read.offset));
      if (unread.length === this.unread) return;
      this.unread = unread.length;
      if (this.unread && read && !this.isRead(this))
        this.timeline.divide({ offset: unread[0].offset - 1 }, 'New', 'new');
    }
    this.changed();
  }

  read() {
    if (this.unread && this.isRead(this)) this.count();
  }

  // Something is missing: what the server still has is the truth.
  async #lost() {
    try {
      const { messages, more } = await this.client.history(this.id, { limit: page, order: 'newest' });
      const known = this.timeline.newest, oldest = messages.at(-1);
      const whole = !known || (known.epoch === oldest?.epoch && known.offset >= oldest.offset - 1);
      if (!whole) this.timeline.clear();
      this.timeline.add(messages.reverse());
      if (!whole) {
        this.timeline.showMore(more);
        this.timeline.divide({ offset: -1 }, 'You were away for long: some messages may be missing above', 'lost');
      }
      this.count();
    } catch (error) {
      this.timeline.divide({ offset: Infinity }, `Some messages may be missing here (${error.message})`, 'lost');
    }
  }

  async loadEarlier() {
    const { oldest } = this.timeline;
    if (this.#loading || !oldest) return;
    this.#loading = true;
    this.timeline.node.ariaBusy = 'true';
    try {
      const { messages, more } = await this.client.history(this.id,
        { limit: page, order: 'newest', since: { epoch: oldest.epoch, offset: oldest.offset } });
      this.timeline.add(messages.reverse());
      this.timeline.showMore(more);
      this.problem('');
    } catch (error) {
      this.problem(`Earlier messages cannot be read: ${error.message}`);
    } finally {
      this.#loading = false;
      this.timeline.node.ariaBusy = 'false';
    }
  }

  // ---- writing ----
  send(text, key = messageKey()) {
    const payload = { user_id: this.me, name: this.myName(), text, key };
    const shown = this.timeline.expect(payload, () => this.timeline.settle(key), () => this.#sendAgain(text, key));
    // What the connection broke before the answer of may be sent again: the server takes a key only once.
    this.client.request('chat_message', { room: this.id, text, key }, { timeout, retry: true })
      .catch(error => {
        // The connection was made anew by hand.
        if (error.code === 'closed' && this.client.state === 'connecting') this.#sendAgain(text, key);
        else shown.failed(error.message);
      });
  }

  #sendAgain(text, key) {
    this.timeline.settle(key);
    this.send(text, key);
  }

  /// Tells the others that the visitor is typing: not more often than needed, and never later.
  type() {
    const now = performance.now();
    if (this.client.state !== 'connected' || now - typedAt < typingEvery) return;
    typedAt = now;
    this.client.send('typing', { room: this.id });
  }

  #isTyping({ user_id, name }) {
    if (user_id === this.me) return; // In another tab.
    clearTimeout(this.#typing.get(user_id)?.timer);
    this.#typing.set(user_id, { name: String(name), timer: setTimeout(() => this.#stopTyping(user_id), typingLasts) });
    this.changed();
  }
  #stopTyping(user) {
    clearTimeout(this.#typing.get(user)?.timer);
    if (this.#typing.delete(user)) this.changed();
  }
  get typing() {
    const names = [...this.#typing.values()].map(one => one.name);
    if (names.length === 0) return '';
    if (names.length > 3) return 'Several people are typing';
    return `${names.join(', ').replace(/, ([^,]*)$/, ' and $1')} ${names.length === 1 ? 'is' : 'are'} typing`;
  }

  // ---- presence ----
  #left(user) {
    this.#stopTyping(user);
    if (this.people.delete(user)) this.changed();
  }

  // A `join` names nobody; the list does. Several at once are one question.
  #askPresence() {
    clearTimeout(this.presenceTimer);
    this.presenceTimer = setTimeout(async () => {
      try {
        const { clients } = await this.client.request('presence', { room: this.id, limit: 200 });
        this.people = new Map(clients.map(({ user_id, info }) => [user_id, String(info?.name ?? user_id)]));
        this.problem('');
      } catch (error) {
        if (error.code !== 'connection_lost') this.problem(`Who is here cannot be told: ${error.message}`);
      }
    }, 150);
  }

  // What could not be done, in the place of the topic, until the next thing that could.
  problem(text) {
    this.notice = text;
    this.changed();
  }
}
