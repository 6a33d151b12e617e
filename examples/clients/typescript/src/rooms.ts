// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { nextBatch, type SubscribePayload } from './batches.js';
import { Room, type News } from './room.js';
import type { SubscribeOptions } from './subscription.js';
import type { Connected, GapInfo, Message, Position, Rejection } from './types.js';

/** The payload of `subscribed`. */
export interface Subscribed {
  rooms: string[];
  rejected?: Rejection[];
  recovered?: Record<string, { recovered: boolean }>;
  positions?: Record<string, Position>;
  resumed?: boolean;
}

/** What an answer means: whom to tell what, and what to ask for again or to leave. */
export interface Outcome {
  news: { room: Room; news: News }[];
  rejected: { room: Room; rejection: Rejection }[];
  lost: GapInfo[];
  leave: string[];
  again: boolean;
}

/** Why a room is rejected that may be joined if it is asked for again. */
const forNow = new Set(['rate_limited', 'timed_out', 'too_many_requests', 'not_subscribed']);

/** All rooms of a client, over all its connections. Does no I/O: it says what to send, and is told what came. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  readonly #left = new Set<string>(); // left while nobody could be told; a resume token would bring them back
  readonly #leaving = new Map<string, number>(); // what comes late from these is nobody's
  #mine: string | undefined; // the user's own room
  #resume: string | undefined;
  #nextResume: string | undefined;

  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  [Symbol.iterator](): IterableIterator<Room> {
    return this.#rooms.values();
  }

  /** Answers whether the server has to be asked. */
  add(name: string, options: SubscribeOptions): { room: Room; ask: boolean } {
    let room = this.#rooms.get(name);
    if (!room) {
      this.#rooms.set(name, (room = new Room(name)));
      room.own = name === this.#mine;
    }
    const asking = room.phase === 'asked' || room.phase === 'joined';
    if (options.since && !room.positions.at && !asking) room.positions.resumeAt(options.since);
    room.subscriptions.add(options);
    this.#left.delete(name);
    if (room.phase === 'refused') room.phase = 'wanted';
    return { room, ask: room.phase === 'wanted' };
  }

  /** Answers whether the room is to be left. */
  remove(room: Room, options: SubscribeOptions, connected: boolean): boolean {
    room.subscriptions.delete(options);
    if (room.subscriptions.size > 0 || room.own || this.#rooms.get(room.name) !== room) return false;
    this.#rooms.delete(room.name);
    if (!connected && room.mayBeIn) this.#left.add(room.name);
    return connected && (room.phase === 'joined' || room.phase === 'asked');
  }

  leaving(name: string): void {
    this.#leaving.set(name, (this.#leaving.get(name) ?? 0) + 1);
  }

  /** `told`: the server knows. Otherwise it may bring the room back, and what comes from it is nobody's. */
  hasLeft(name: string, told: boolean): void {
    if (!told && !this.#rooms.has(name)) this.#left.add(name);
    const more = (this.#leaving.get(name) ?? 1) - 1;
    if (more > 0) this.#leaving.set(name, more);
    else this.#leaving.delete(name);
  }

  /** A new connection: what the server has joined by itself, and what is to be asked for. */
  greeted(connected: Connected, resume: boolean): Pick<Outcome, 'news' | 'lost'> {
    const positions = connected.positions ?? {};
    this.#mine = connected.user_id === '' ? undefined : `user:${connected.user_id}`;
    this.#leaving.clear();
    this.#resume = this.#nextResume;
    if (!this.#resume) this.#left.clear();
    this.#nextResume = resume && connected.resumable ? connected.resume_token : undefined;
    for (const name of Object.keys(positions)) if (!this.#rooms.has(name)) this.#rooms.set(name, new Room(name));
    const told: Pick<Outcome, 'news' | 'lost'> = { news: [], lost: [] };
    for (const room of this.#rooms.values()) {
      const own = Object.hasOwn(positions, room.name) || room.name === this.#mine;
      if (!own && room.subscriptions.size === 0 && (room.own || !this.#resume)) {
        this.#rooms.delete(room.name); // of another user, or nobody knows whether the client is in it
        told.lost.push({ room: room.name, reason: 'not_recovered' });
        continue;
      }
      const news = room.greeted(own, Object.hasOwn(positions, room.name) ? positions[room.name] : undefined);
      if (news) told.news.push({ room, news });
    }
    return told;
  }

  /** The next `subscribe` to send, and its rooms; nothing if there is no more to ask for. */
  next(maxBytes: number): { payload: SubscribePayload; rooms: Room[] } | undefined {
    const wanted: Room[] = [];
    const foreign: Room[] = [];
    for (const room of this.#rooms.values())
      if (room.phase === 'wanted') (room.subscriptions.size > 0 || room.own ? wanted : foreign).push(room);
    const resume = this.#resume;
    this.#resume = undefined;
    if (!wanted.length && !resume) return undefined;
    return nextBatch(wanted, foreign, resume, maxBytes);
  }

  /** What the answer to a `subscribe` for `asked` means. */
  answered(asked: readonly Room[], answer: Subscribed): Outcome {
    const outcome: Outcome = { news: [], rejected: [], lost: [], leave: [], again: false };
    const refused = new Map((answer.rejected ?? []).map(one => [one.room, one]));
    const joined = new Set(answer.rooms);
    for (const room of asked) {
      if (this.#rooms.get(room.name) !== room) continue; // unsubscribed meanwhile
      const rejection = refused.get(room.name);
      if (joined.has(room.name))
        outcome.news.push({
          room,
          news: room.joined({
            recovered: answer.recovered?.[room.name]?.recovered,
            position: answer.positions?.[room.name],
          }),
        });
      else if (room.subscriptions.size === 0 && !room.own) {
        this.#rooms.delete(room.name); // known from a connection that could not be resumed
        outcome.lost.push({ room: room.name, reason: 'not_recovered' });
      } else if (rejection && !forNow.has(rejection.code))
        this.#refuse(room, rejection, outcome);
      else {
        room.phase = 'wanted';
        outcome.again = true;
      }
    }
    if (answer.resumed !== undefined) this.#forgetTheRest(outcome);
    if (answer.resumed) outcome.leave = answer.rooms.filter(name => this.#left.has(name) && !this.#rooms.has(name));
    this.#left.clear();
    return outcome;
  }

  /** The whole `subscribe` was refused. `again`: for now. */
  failed(asked: readonly Room[], rejection: Omit<Rejection, 'room'>, again: boolean): Outcome {
    const outcome: Outcome = { news: [], rejected: [], lost: [], leave: [], again };
    const { code, message } = rejection; // It may be an Error, whose message a spread does not copy.
    const alone = asked.length > 1 && code.startsWith('invalid_'); // One of them has spoilt it.
    for (const room of asked) {
      if (alone) room.alone = true;
      if (again || (alone && (room.subscriptions.size > 0 || room.own))) room.phase = 'wanted';
      else this.#refuse(room, { room: room.name, code, message }, outcome);
    }
    return outcome;
  }

  /** Rooms that only the token could bring back, and that did not fit into its message. */
  #forgetTheRest(outcome: Outcome): void {
    for (const room of [...this.#rooms.values()]) {
      if (room.phase !== 'wanted' || room.subscriptions.size > 0 || room.own) continue;
      this.#rooms.delete(room.name);
      outcome.lost.push({ room: room.name, reason: 'not_recovered' });
    }
  }

  #refuse(room: Room, rejection: Rejection, outcome: Outcome): void {
    room.phase = 'refused';
    outcome.rejected.push({ room, rejection });
  }

  /** Whether a message is new, and whose it is. */
  take(message: Message): { fresh: boolean; room?: Room } {
    const { room: name, epoch, offset } = message;
    if (name === undefined) return { fresh: true };
    if (this.#leaving.has(name)) return { fresh: false };
    let room = this.#rooms.get(name);
    if (epoch === undefined || offset === undefined) return { fresh: true, ...(room && { room }) };
    if (!room) {
      if (this.#left.has(name)) return { fresh: false };
      this.#rooms.set(name, (room = new Room(name))); // The application has joined it on the server.
      room.phase = 'joined';
    }
    return { fresh: room.positions.take({ epoch, offset }), room };
  }

  /** A `gap` that names a position moves the stream there. */
  gap(name: string | undefined, position: Position | undefined): void {
    if (name !== undefined && position) this.#rooms.get(name)?.positions.skipTo(position);
  }
}
