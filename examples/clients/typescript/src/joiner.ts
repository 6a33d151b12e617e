// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { pieces, type SubscribePayload } from './batches.js';
import { ask, faultOfRoomToken } from './credential.js';
import { FanfareError } from './errors.js';
import type { Outgoing } from './outgoing.js';
import type { Room } from './room.js';
import type { Outcome, Subscribed } from './outcome.js';
import type { Rooms } from './rooms.js';
import { after, type Timer } from './timing.js';

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
/** How many subscription tokens the application is asked for at a time. */
const mostTokens = 8;

interface Lane {
  /** For rooms that were put off: they wait for each other, and nobody else for them. */
  readonly slow: boolean;
  busy: boolean;
  timer: Timer | undefined;
}

/**
 * Asks for the rooms that are wanted, one message after the other, until there are none; busy ones again, and those
 * that made others wait in messages of their own. Leaves what is not wanted any more.
 */
export class Joiner {
  readonly #rooms: Rooms;
  readonly #outgoing: Outgoing;
  readonly #handlers: JoinerHandlers;
  readonly #maxBytes: number;
  readonly #tokenTimeout: number;
  readonly #usual: Lane = { slow: false, busy: false, timer: undefined };
  readonly #slow: Lane = { slow: true, busy: false, timer: undefined };
  #generation = 0;
  readonly #calls = new Set<AbortController>(); // of the functions that are asked for tokens
  readonly #toLeave: string[] = [];

  /** `tokenTimeout`: for a subscription token, in milliseconds. */
  constructor(
    rooms: Rooms,
    outgoing: Outgoing,
    handlers: JoinerHandlers,
    maxBytes: number,
    tokenTimeout: number,
  ) {
    this.#tokenTimeout = tokenTimeout;
    this.#rooms = rooms;
    this.#outgoing = outgoing;
    this.#handlers = handlers;
    this.#maxBytes = maxBytes;
  }

  /** A new connection: the rooms come before all that waits. */
  start(): void {
    this.stop();
    this.#next(this.#usual);
  }

  /** On a connection; what is wanted in one turn goes in one message. */
  join(): void {
    if (this.#usual.busy) return;
    this.#usual.busy = true;
    const generation = this.#generation;
    queueMicrotask(() => {
      if (generation === this.#generation) this.#next(this.#usual);
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
    for (const call of [...this.#calls]) call.abort();
    this.#calls.clear();
    for (const lane of [this.#usual, this.#slow]) {
      lane.busy = false;
      clearTimeout(lane.timer);
    }
  }

  #next(lane: Lane): void {
    this.#sendLeaves(); // before a room that is left may be joined again
    this.#askTokens();
    const batch = lane.slow ? this.#rooms.nextSlow(this.#maxBytes) : this.#rooms.next(this.#maxBytes);
    lane.busy = batch !== undefined;
    if (batch) this.#send(lane, batch);
  }

  /** Goes on with the rooms that were put off, or when the first of them is due. */
  #nextSlow(): void {
    if (this.#slow.busy) return;
    const generation = this.#generation;
    clearTimeout(this.#slow.timer);
    this.#next(this.#slow);
    const due = this.#rooms.due;
    if (this.#slow.busy || due === undefined || generation !== this.#generation) return;
    clearTimeout(this.#slow.timer); // What could not be sent has set it.
    this.#slow.timer = after(Math.max(1, due - performance.now()), () => this.#nextSlow());
  }

  #send(lane: Lane, batch: { payload: SubscribePayload; rooms: readonly Room[] }): void {
    const generation = this.#generation;
    try {
      this.#outgoing.request(
        { type: 'subscribe', payload: batch.payload },
        {
          timeout: patience,
          retry: false,
          urgent: true,
          settled: (error, answer) => {
            if (generation !== this.#generation) return;
            if (error) this.#failed(lane, batch.rooms, error, answer === undefined);
            else this.#answered(lane, batch.rooms, answer!.payload as Subscribed);
          },
        },
      );
    } catch (error) {
      const { code } = error as FanfareError;
      this.#done(lane, this.#rooms.failed(batch.rooms, error as FanfareError, code === 'connection_lost'));
    }
  }

  #answered(lane: Lane, rooms: readonly Room[], payload: Subscribed): void {
    let outcome: Outcome;
    try {
      outcome = this.#rooms.answered(rooms, payload);
    } catch (cause) {
      const text = 'the answer to subscribe makes no sense';
      return this.#handlers.deaf(new FanfareError('bad_message', text, { cause }));
    }
    this.#done(lane, outcome);
  }

  #failed(lane: Lane, rooms: readonly Room[], error: FanfareError, own: boolean): void {
    if (own && error.code === 'timed_out') return this.#handlers.deaf(error);
    this.#done(lane, this.#rooms.failed(rooms, error, forNow.has(error.code)));
  }

  #done(lane: Lane, outcome: Outcome): void {
    const generation = this.#generation;
    this.#handlers.outcome(outcome);
    if (generation !== this.#generation) return; // A handler has disconnected.
    lane.busy = false;
    if (!lane.slow && !outcome.again) this.#next(lane);
    if (outcome.again) {
      clearTimeout(this.#usual.timer);
      this.#usual.timer = setTimeout(() => this.join(), 1000 + Math.random() * 1000);
    }
    if (generation === this.#generation) this.#nextSlow();
  }

  #askTokens(): void {
    for (const room of this.#rooms.tokenless(mostTokens - this.#calls.size)) void this.#askToken(room);
  }

  async #askToken(room: Room): Promise<void> {
    const generation = this.#generation;
    const call = new AbortController();
    const { name, tokenSource: source } = room;
    this.#calls.add(call);
    let outcome: Outcome | undefined;
    let problem: FanfareError | undefined;
    try {
      const what = `subscription token for ${name}`;
      const context = { room: name, signal: call.signal };
      const token = typeof source === 'function' ? await ask(what, source, context, this.#tokenTimeout) : source;
      if (generation !== this.#generation) return;
      const fault = faultOfRoomToken(token);
      if (fault) throw new FanfareError('credential_failed', `no ${what}: ${fault}`);
      this.#rooms.hasToken(room, token!);
    } catch (error) {
      if (generation !== this.#generation) return;
      call.abort(); // It may have taken too long, and be at it still.
      problem = error as FanfareError;
      outcome = this.#rooms.noToken(room, problem, problem.code === 'unauthorized');
    }
    this.#calls.delete(call);
    if (outcome) this.#handlers.outcome(outcome);
    if (problem && !outcome?.rejected.length && generation === this.#generation) this.#handlers.error(problem);
    if (generation !== this.#generation) return; // A handler has disconnected.
    this.join();
    this.#nextSlow();
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
