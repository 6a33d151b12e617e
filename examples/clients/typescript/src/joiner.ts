// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { pieces } from './batches.js';
import { FanfareError } from './errors.js';
import type { Outgoing } from './outgoing.js';
import type { Room } from './room.js';
import type { Outcome, Rooms, Subscribed } from './rooms.js';
import type { Timer } from './timing.js';

export interface JoinerHandlers {
  outcome(outcome: Outcome): void;
  /** The server does not answer, or nothing that makes sense. */
  deaf(error: FanfareError): void;
  error(error: FanfareError): void;
}

const forNow = new Set([
  'rate_limited',
  'too_many_requests',
  'queue_full',
  'timed_out',
  'bus_unavailable',
  'store_failed',
]);
/** For the answer to a `subscribe` or `unsubscribe`. */
const patience = 30_000;

/**
 * Asks for the rooms that are wanted, one message after the other, until there are none; busy ones again. Leaves what
 * is not wanted any more.
 */
export class Joiner {
  readonly #rooms: Rooms;
  readonly #outgoing: Outgoing;
  readonly #handlers: JoinerHandlers;
  readonly #maxBytes: number;
  #running = false;
  #soon: Timer | undefined;
  #generation = 0;
  readonly #toLeave: string[] = [];

  constructor(rooms: Rooms, outgoing: Outgoing, handlers: JoinerHandlers, maxBytes: number) {
    this.#rooms = rooms;
    this.#outgoing = outgoing;
    this.#handlers = handlers;
    this.#maxBytes = maxBytes;
  }

  /** A new connection: the rooms come before all that waits. */
  start(): void {
    this.stop();
    this.#next();
  }

  /** On a connection; what is wanted in one turn goes in one message. */
  join(): void {
    if (this.#running) return;
    this.#running = true;
    const generation = this.#generation;
    queueMicrotask(() => {
      if (generation === this.#generation) this.#next();
    });
  }

  /** What is left in one turn goes in one message: a hundred would be too many at once for the server. */
  leave(names: readonly string[]): void {
    for (const name of names) this.#rooms.leaving(name);
    this.#toLeave.push(...names);
    const generation = this.#generation;
    queueMicrotask(() => {
      if (generation === this.#generation) this.#sendLeaves();
    });
  }

  /** The connection is gone. */
  stop(): void {
    this.#generation++;
    for (const name of this.#toLeave.splice(0)) this.#rooms.hasLeft(name, false);
    this.#running = false;
    clearTimeout(this.#soon);
  }

  #next(): void {
    this.#sendLeaves(); // before a room that is left may be joined again
    const generation = this.#generation;
    const batch = this.#rooms.next(this.#maxBytes);
    this.#running = batch !== undefined;
    if (!batch) return;
    try {
      this.#outgoing.request(
        { type: 'subscribe', payload: batch.payload },
        {
          timeout: patience,
          retry: false,
          urgent: true,
          settled: (error, answer) => {
            if (generation !== this.#generation) return;
            if (error) this.#failed(batch.rooms, error, answer === undefined);
            else this.#answered(batch.rooms, answer!.payload as Subscribed);
          },
        },
      );
    } catch (error) {
      this.#done(
        this.#rooms.failed(batch.rooms, error as FanfareError, (error as FanfareError).code === 'connection_lost'),
      );
    }
  }

  #answered(rooms: readonly Room[], payload: Subscribed): void {
    let outcome: Outcome;
    try {
      outcome = this.#rooms.answered(rooms, payload);
    } catch (cause) {
      const text = 'the answer to subscribe makes no sense';
      return this.#handlers.deaf(new FanfareError('bad_message', text, { cause }));
    }
    this.#done(outcome);
  }

  #failed(rooms: readonly Room[], error: FanfareError, own: boolean): void {
    if (own && error.code === 'timed_out') return this.#handlers.deaf(error);
    this.#done(this.#rooms.failed(rooms, error, forNow.has(error.code)));
  }

  #done(outcome: Outcome): void {
    const generation = this.#generation;
    this.#handlers.outcome(outcome);
    if (generation !== this.#generation) return; // A handler has disconnected.
    if (!outcome.again) return this.#next();
    this.#running = false;
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.join(), 1000 + Math.random() * 1000);
  }

  #sendLeaves(): void {
    for (const rooms of pieces(this.#toLeave.splice(0), this.#maxBytes)) this.#sendLeave(rooms);
  }

  #sendLeave(rooms: readonly string[]): void {
    const settled = (error?: FanfareError) => {
      for (const room of rooms) this.#rooms.hasLeft(room, !error);
      if (error && error.code !== 'connection_lost' && error.code !== 'closed') this.#handlers.error(error);
    };
    try {
      this.#outgoing.request(
        { type: 'unsubscribe', payload: { rooms } },
        { timeout: patience, retry: false, urgent: true, settled },
      );
    } catch (error) {
      settled(error as FanfareError);
    }
  }
}
