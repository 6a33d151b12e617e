// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The bell and what is behind it. Every answer and every change has a revision: of two sayings about a notification
// the one with the higher revision is the newer, in whatever order they come.
import { $, ago, button, el, onceAFrame, stamp } from './dom.js';
import { retract } from './toasts.js';

const page = 20;
const limits = { items: 500, changes: 50 };
const gone = ['connection_lost', 'closed', 'not_connected']; // The next connection asks again.

const marks = {
  seen: item => { item.seen_at ??= stamp(); },
  read: item => { item.seen_at ??= stamp(); item.read_at ??= stamp(); },
  unread: item => { item.read_at = null; },
  archive: item => { item.archived_at ??= stamp(); },
  unarchive: item => { item.archived_at = null; },
};

const filters = {
  active: item => !item.archived_at,
  unread: item => !item.archived_at && !item.read_at,
  archived: item => Boolean(item.archived_at),
};
const empty = { active: 'No notifications.', unread: 'Everything is read.', archived: 'Nothing is archived.' };

export class InboxPanel {
  #client;
  #problem;
  #items = new Map();
  #filter = 'active';
  #cursor = null;
  #listed = null; // revision of the list; null while there is none
  #changes = []; // what a page that is on its way may not know
  #asking = 0;
  #marking = false;
  #draw = onceAFrame(() => this.#drawNow());

  /// `problem(text, error)` is told what could not be done.
  constructor(client, problem) {
    this.#client = client;
    this.#problem = problem;
    const { inbox } = client;
    inbox.onBadge(() => this.#counted());
    inbox.onNotification(item => this.#arrived(item));
    inbox.onChanged(change => this.#changed(change));
    inbox.onRetract(retract);
    inbox.onStale(() => this.#list());
    $('bell').onclick = () => this.toggle(!this.isOpen);
    $('close-inbox').onclick = () => this.close();
    $('read-all').onclick = () => this.#mark('read', 'all');
    $('older').onclick = () => this.#list(this.#cursor);
    for (const node of document.querySelectorAll('[data-filter]'))
      node.onclick = () => this.#choose(node.dataset.filter);
    document.addEventListener('visibilitychange', () => this.#counted());
    setInterval(() => this.#draw(), 60_000); // "5 min. ago" does not stay true.
  }

  get isOpen() { return !$('inbox').hidden; }

  /// A connection is there, of this user, or of nobody.
  connected(user, first) {
    $('bell').hidden = !user;
    if (!user) return this.close();
    if (first) this.#list();
    this.#draw();
  }

  // ---- what the server says ----
  // A page of the list, as of its revision: what is known to be newer stays.
  async #list(cursor = null) {
    if (!this.#client.userId) return;
    const asked = ++this.#asking, filter = this.#filter;
    this.#draw();
    try {
      const list = await this.#client.inbox.list({ filter, cursor, limit: page });
      if (asked === this.#asking) this.#take(list, cursor === null);
    } catch (error) {
      if (error.code === 'no_inbox') $('bell').hidden = true; // Notifications still come, as toasts.
      else if (!gone.includes(error.code)) this.#problem('The list could not be read', error);
    } finally {
      if (asked === this.#asking) this.#asking = 0;
      this.#draw();
    }
  }

  #take(list, first) {
    if (first) {
      for (const [id, item] of this.#items) if (item.asOf <= list.revision) this.#items.delete(id);
      this.#listed = list.revision;
    }
    this.#cursor = list.next_cursor;
    for (const item of list.items)
      if (!(this.#items.get(item.id)?.asOf >= list.revision))
        this.#items.set(item.id, { ...item, asOf: list.revision });
    for (const change of this.#changes) this.#apply(change);
  }

  // A notification that the list holds already, or another page of it will, comes with an older revision.
  #arrived(item) {
    if (item.id === undefined || item.revision <= (this.#listed ?? 0)) return;
    this.#items.set(item.id, { ...item, asOf: item.revision });
    if (this.#items.size > limits.items) this.#list();
    this.#draw();
  }

  #changed(change) {
    this.#changes = [...this.#changes, change].slice(-limits.changes);
    if (change.own && ['read', 'archive'].includes(change.action)) retract(change); // Others are told by the server.
    const whole = this.#apply(change);
    if (!whole) this.#list(); // It may belong here now, and is not known.
    this.#draw();
  }

  // Answers whether everything that may have come under the filter is here.
  #apply({ action, ids, all, revision }) {
    if (!Object.hasOwn(marks, action)) return true;
    for (const item of this.#items.values())
      if (item.asOf < revision && (all ? !item.archived_at || action === 'unarchive' : ids?.includes(item.id))) {
        item.asOf = revision;
        marks[action](item);
      }
    const enters = { active: ['unarchive'], unread: ['unread', 'unarchive'], archived: ['archive'] }[this.#filter];
    return !enters.includes(action) || (!all && ids.every(id => this.#items.has(id)));
  }

  #counted() {
    const { unread = 0, unseen = 0 } = this.#client.inbox.badge ?? {};
    $('badge').textContent = unread > 999 ? '999+' : String(unread);
    $('badge').hidden = unread === 0;
    $('bell').setAttribute('aria-label', `Notifications, ${unread} unread`);
    document.title = (unread && !$('bell').hidden ? `(${unread}) ` : '') + 'Fanfare: notification centre';
    if (this.isOpen && unseen > 0 && document.visibilityState === 'visible') this.#markSeen();
    this.#draw();
  }

  async #markSeen() {
    if (this.#marking) return;
    this.#marking = true;
    await this.#mark('seen', 'all');
    this.#marking = false;
  }

  async #mark(action, ids) {
    if (this.#client.state !== 'connected') return;
    try {
      await this.#client.inbox.mark(action, ids);
    } catch (error) {
      if (!gone.includes(error.code)) this.#problem(`It could not be marked as ${action}`, error);
    }
  }

  // ---- what is seen ----
  #choose(filter) {
    this.#filter = filter;
    for (const node of document.querySelectorAll('[data-filter]'))
      node.setAttribute('aria-pressed', String(node.dataset.filter === filter));
    this.#cursor = null;
    this.#items.clear();
    this.#list();
  }

  toggle(open) {
    $('inbox').hidden = !open;
    $('bell').setAttribute('aria-expanded', String(open));
    this.#counted();
    this.#drawNow();
    if (open) $('inbox').focus();
  }

  close() {
    const within = $('inbox').contains(document.activeElement);
    this.toggle(false);
    if (within) $('bell').focus();
  }

  redraw() { this.#draw(); }

  #drawNow() {
    if (!this.isOpen) return;
    const cut = this.#client.state !== 'connected', focused = document.activeElement?.dataset.key;
    const before = [...$('items').querySelectorAll('[data-key]')].findIndex(node => node.dataset.key === focused);
    const items = [...this.#items.values()].filter(filters[this.#filter])
      .sort((a, b) => (a.created_at < b.created_at) - (a.created_at > b.created_at));
    $('items').replaceChildren(...items.map(item => this.#row(item)));
    for (const node of $('inbox').querySelectorAll('button')) node.disabled = cut && node.id !== 'close-inbox';
    $('read-all').disabled ||= !this.#client.inbox.badge?.unread;
    $('older').disabled ||= this.#asking > 0;
    $('older').hidden = !this.#cursor;
    $('no-items').textContent = this.#asking && items.length === 0 ? 'Reading' : empty[this.#filter];
    $('no-items').hidden = items.length > 0;
    if (focused) this.#refocus(focused, before);
  }

  // The rows are new: the focus goes to the same button, or where that has gone to what is there now.
  #refocus(key, place) {
    const nodes = [...$('items').querySelectorAll('[data-key]')];
    const node = nodes.find(one => one.dataset.key === key) ?? nodes[Math.min(place, nodes.length - 1)];
    (node && !node.disabled ? node : $('inbox')).focus();
  }

  #row({ id, title, message, created_at, read_at, archived_at }) {
    const mark = (action, label, slot) => {
      const node = button(label, () => this.#mark(action, [id]), `${label}: ${title}`);
      node.setAttribute('aria-label', `${label}: ${title}`);
      node.dataset.key = `${slot}:${id}`;
      return node;
    };
    const at = new Date(created_at), when = el('time', { textContent: ago(at) });
    if (!isNaN(at)) Object.assign(when, { dateTime: created_at, title: at.toLocaleString('en-GB') });
    const row = el('li', {}, el('div', {}, el('strong', { textContent: String(title), dir: 'auto' }),
      el('div', { className: 'text', textContent: String(message), dir: 'auto' }), el('small', {}, when)));
    const actions = el('div', { className: 'actions' });
    if (!archived_at) actions.append(read_at ? mark('unread', 'Unread', 'read') : mark('read', 'Read', 'read'));
    actions.append(archived_at ? mark('unarchive', 'Restore', 'archive') : mark('archive', 'Archive', 'archive'));
    row.append(actions);
    Object.assign(row.dataset, { testid: 'item', id, state: read_at ? 'read' : 'unread' });
    return row;
  }
}
