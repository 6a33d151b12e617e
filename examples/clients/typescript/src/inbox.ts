// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { pieces } from './batches.js';
import { Emitter } from './emitter.js';
import { FanfareError } from './errors.js';
import type { Message } from './types.js';

export interface Counts {
  unread: number;
  unseen: number;
  /** Grows with every change of the user's inbox. */
  revision: number;
}

export interface Notification<D = any> {
  user_id: string;
  title: string;
  message: string;
  data?: D;
  /** From here on only where the server keeps an inbox. */
  id?: string;
  created_at?: string;
  seen_at?: string | null;
  read_at?: string | null;
  archived_at?: string | null;
  ack_id?: string;
}

export interface InboxPage<D = any> extends Counts {
  items: Notification<D>[];
  next_cursor: string | null;
}

export type InboxFilter = 'active' | 'all' | 'unread' | 'archived';
export type MarkAction = 'seen' | 'read' | 'unread' | 'archive' | 'unarchive';

/** What was marked: `ids`, or with `all` what has a lower revision and is not archived. */
export interface InboxChange extends Counts {
  action: MarkAction;
  ids?: string[];
  all?: boolean;
  changed: number;
  not_found?: string[];
  /** Marked by this client; otherwise by another of the user's devices, or by the application. */
  own: boolean;
}

/** Alerts that another device has dealt with. */
export interface Retraction {
  id?: string;
  ids?: string[];
  all?: boolean;
  revision?: number;
}

interface InboxEvents {
  badge: Counts;
  notification: { notification: Notification; message: Message };
  changed: InboxChange;
  retract: Retraction;
  stale: void;
}

/** `retry`: again if the connection breaks before the answer, unless it is false. */
type Ask = (type: string, payload: object, retry?: boolean) => Promise<any>;

/** The user's stored notifications, and the counts that every device agrees on. */
export class Inbox {
  readonly #ask: Ask;
  readonly #events: Emitter<InboxEvents>;
  readonly #maxBytes: number;
  #badge: Counts | undefined;
  #user: string | undefined;
  #anew = true; // the next counts are true, whatever their revision

  constructor(ask: Ask, failed: (error: unknown) => void, maxBytes: number) {
    this.#ask = ask;
    this.#events = new Emitter(failed);
    this.#maxBytes = maxBytes;
  }

  /** Undefined until the server has told it, and where it keeps no inbox. */
  get badge(): Counts | undefined {
    return this.#badge;
  }

  onBadge(handler: (counts: Counts) => void): () => void {
    return this.#events.on('badge', handler);
  }

  onNotification(handler: (notification: Notification, message: Message) => void): () => void {
    return this.#events.on('notification', ({ notification, message }) => handler(notification, message));
  }

  /** Something was marked, here or elsewhere. */
  onChanged(handler: (change: InboxChange) => void): () => void {
    return this.#events.on('changed', handler);
  }

  onRetract(handler: (retraction: Retraction) => void): () => void {
    return this.#events.on('retract', handler);
  }

  /** A list that is shown may be out of date, after a reconnect or a loss: ask for it again. */
  onStale(handler: () => void): () => void {
    return this.#events.on('stale', handler);
  }

  list(options: { filter?: InboxFilter; cursor?: string | null; limit?: number } = {}): Promise<InboxPage> {
    const { filter, cursor, limit } = options;
    const known = this.#badge;
    return this.#ask('inbox', {
      ...(filter && { filter }),
      ...(cursor && { cursor }),
      ...(limit !== undefined && { limit }),
    }).then((page: InboxPage) => {
      // What was known before it was asked is older, also where a store that lost its newest changes counts lower.
      this.#count(page, this.#anew || this.#badge === known);
      return page;
    });
  }

  /**
   * Marks notifications, in as many messages as they need. Rejects with `not_found` if the user has none of them.
   * If the connection breaks before its answer `'all'` is not sent again but rejects with `connection_lost`: it would
   * also mark what has come meanwhile, and nobody has seen.
   */
  async mark(action: MarkAction, ids: readonly string[] | 'all'): Promise<InboxChange> {
    if (ids === 'all') return this.#marked(await this.#ask('mark', { action, all: true }, false));
    if (ids.length === 0) throw new FanfareError('invalid_argument', 'mark: no ids');
    let sum: InboxChange | undefined;
    const unknown: string[] = [];
    for (const some of pieces(ids, this.#maxBytes)) {
      try {
        const one = this.#marked(await this.#ask('mark', { action, ids: some }));
        unknown.push(...(one.not_found ?? []));
        sum = {
          ...one,
          ids: [...(sum?.ids ?? []), ...(one.ids ?? [])],
          changed: (sum?.changed ?? 0) + one.changed,
        };
      } catch (error) {
        if (!(error instanceof FanfareError) || error.code !== 'not_found') throw error;
        unknown.push(...some);
      }
    }
    if (!sum) throw new FanfareError('not_found', 'the user has no such notification');
    return unknown.length ? { ...sum, not_found: unknown } : sum;
  }

  archive(ids: readonly string[] | 'all'): Promise<InboxChange> {
    return this.mark('archive', ids);
  }

  /** @internal */
  connected(user: string, first: boolean): void {
    if (this.#user !== undefined && this.#user !== user) this.#badge = undefined;
    this.#user = user;
    this.#anew = true;
    if (!first) this.stale();
  }

  /** @internal */
  stale(): void {
    this.#events.emit('stale', undefined);
  }

  /** @internal Answers how many handlers have taken the message. */
  take(message: Message): number {
    const { type, payload } = message;
    if (type === 'badge' && message.room === undefined) this.#count(payload); // after `connected`
    if (message.room !== `user:${this.#user}`) return 0;
    if (type === 'badge') this.#count(payload);
    if (type === 'retract') return this.#events.emit('retract', payload);
    if (type === 'inbox_changed') {
      this.#count(payload);
      return this.#events.emit('changed', { ...payload, own: false });
    }
    if (type !== 'notification') return 0;
    this.#count(payload);
    return this.#events.emit('notification', { notification: payload, message });
  }

  #marked(answer: Omit<InboxChange, 'own'>): InboxChange {
    const change = { ...answer, own: true };
    this.#count(change);
    if (change.changed > 0) this.#events.emit('changed', change);
    return change;
  }

  /** What has the highest revision is true; `anew`: whatever was there, as a store may have begun anew. */
  #count({ unread, unseen, revision }: Partial<Counts>, anew = this.#anew): void {
    if (unread === undefined || unseen === undefined || revision === undefined) return;
    this.#anew = false;
    const before = this.#badge;
    if (before && !anew && revision <= before.revision) return;
    this.#badge = { unread, unseen, revision };
    if (before?.unread !== unread || before.unseen !== unseen) this.#events.emit('badge', this.#badge);
  }
}
