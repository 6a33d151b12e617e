// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { nextBatch, type SubscribePayload } from './batches.js';
import { nothing, type Outcome, type Subscribed } from './outcome.js';
import { Room, type Delays } from './room.js';
import type { SubscribeOptions } from './subscription.js';
import type { Connected, Message, Position, Refreshed, Rejection } from './types.js';

/** Why a room is rejected that may be joined if it is asked for again. */
const forNow = new Set(['rate_limited', 'too_many_requests', 'not_subscribed']);
/** Why one is put off, since it made the others of its `subscribe` wait. */
const late = 'timed_out';

/** All rooms of a client, over all its connections. Does no I/O: it says what to send, and is told what came. */
export class Rooms {
  readonly #delays: Delays;
  readonly #rooms = new Map<string, Room>();
  readonly #left = new Set<string>(); // left while nobody could be told; a resume token would bring them back
  readonly #leaving = new Map<string, number>(); // what comes late from these is nobody's
  #mine: string | undefined; // the user's own room
  #resume: string | undefined;
  #nextResume: string | undefined;

  /** `delays`: of rooms that are put off. */
  constructor(delays: Delays = { min: 1000, max: 30_000 }) {
    this.#delays = delays;
  }

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
      room = this.#create(name);
      room.own = name === this.#mine;
    }
    const asking = room.phase === 'asked' || room.phase === 'joined';
    if (options.since && !room.positions.at && !asking) room.positions.resumeAt(options.since);
    room.subscriptions.add(options);
    this.#left.delete(name);
    if (room.phase === 'refused') room.begin();
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

  /** The next connection is another user's: only the wishes stay. */
  changeUser(): void {
    this.#nextResume = undefined;
    for (const room of [...this.#rooms.values()])
      if (room.subscriptions.size > 0) room.changeUser();
      else this.#rooms.delete(room.name);
  }

  /** A new connection: what the server has joined by itself, and what is to be asked for. */
  greeted(connected: Connected, resume: boolean): Pick<Outcome, 'news' | 'lost'> {
    const positions = connected.positions ?? {};
    this.#mine = connected.user_id === '' ? undefined : `user:${connected.user_id}`;
    this.#leaving.clear();
    this.#resume = this.#nextResume;
    if (!this.#resume) this.#left.clear();
    this.#nextResume = resume && connected.resumable ? connected.resume_token : undefined;
    for (const name of Object.keys(positions)) if (!this.#rooms.has(name)) this.#create(name);
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

  /**
   * Another credential has taken the place of the first one: what the server has joined and left with it. `ask`: there
   * is something to ask for. A room that is left and has subscriptions is asked for like any other.
   */
  refreshed({ joined = [], left = [], positions = {} }: Refreshed): { news: Outcome['news']; ask: boolean } {
    const told: { news: Outcome['news']; ask: boolean } = { news: [], ask: false };
    for (const name of joined) {
      const position = Object.hasOwn(positions, name) ? positions[name] : undefined;
      const room = this.#rooms.get(name) ?? (position && this.#create(name));
      if (!room) continue;
      const asked = room.phase === 'joined' || room.phase === 'asked';
      const news = asked ? undefined : room.greeted(true, position);
      room.own = true;
      if (news) told.news.push({ room, news });
      else if (!asked) told.ask = true;
    }
    for (const name of left) {
      const room = this.#rooms.get(name);
      if (!room) continue;
      room.own = false;
      if (room.subscriptions.size === 0) this.#rooms.delete(name);
      if (room.subscriptions.size === 0 || room.phase !== 'joined') continue;
      room.begin();
      room.positions.awaitMissed();
      told.ask = true;
    }
    return told;
  }

  /** Up to `most` rooms that wait for nothing but their token; it is on its way from now on. */
  tokenless(most: number): Room[] {
    const now = performance.now();
    const all = [...this.#rooms.values()].filter(room => room.phase === 'wanted' && room.lacksToken && room.due <= now);
    const some = all.slice(0, most);
    for (const room of some) room.phase = 'token';
    return some;
  }

  /** Its token has come. */
  hasToken(room: Room, token: string): void {
    if (this.#rooms.get(room.name) !== room || room.phase !== 'token') return;
    room.phase = 'wanted';
    room.token = token;
  }

  /** It has not. `forGood`: nor will it. */
  noToken(room: Room, { code, message }: Omit<Rejection, 'room'>, forGood: boolean): Outcome {
    const outcome = nothing();
    if (this.#rooms.get(room.name) === room && room.phase === 'token' && (forGood || !room.postpone()))
      this.#refuse(room, { room: room.name, code, message }, outcome);
    return outcome;
  }

  /** When the first of the rooms that were put off is due, as performance.now() counts. */
  get due(): number | undefined {
    let first: number | undefined;
    for (const room of this.#rooms.values())
      if (room.phase === 'wanted' && room.slow) first = Math.min(room.due, first ?? Infinity);
    return first;
  }

  /** The next `subscribe` for rooms that were put off and are due, apart from all others. */
  nextSlow(maxBytes: number): { payload: SubscribePayload; rooms: Room[] } | undefined {
    const now = performance.now();
    const wanted = [...this.#rooms.values()].filter(
      room => room.phase === 'wanted' && room.slow && room.due <= now && !room.lacksToken,
    );
    return wanted.length ? nextBatch(wanted, [], undefined, maxBytes) : undefined;
  }

  /** The next `subscribe` to send, and its rooms; nothing if there is no more to ask for. */
  next(maxBytes: number): { payload: SubscribePayload; rooms: Room[] } | undefined {
    const wanted: Room[] = [];
    const foreign: Room[] = [];
    for (const room of this.#rooms.values())
      if (room.phase === 'wanted' && !room.slow && !room.lacksToken)
        (room.subscriptions.size > 0 || room.own ? wanted : foreign).push(room);
    const resume = this.#resume;
    this.#resume = undefined;
    if (!wanted.length && !resume) return undefined;
    return nextBatch(wanted, foreign, resume, maxBytes);
  }

  /** What the answer to a `subscribe` for `asked` means. */
  answered(asked: readonly Room[], answer: Subscribed): Outcome {
    const outcome = nothing();
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
      } else this.#notJoined(room, rejection, outcome);
    }
    if (answer.resumed !== undefined) this.#forgetTheRest(outcome);
    if (answer.resumed) outcome.leave = answer.rooms.filter(name => this.#left.has(name) && !this.#rooms.has(name));
    this.#left.clear();
    return outcome;
  }

  /** The whole `subscribe` was refused. `again`: for now. */
  failed(asked: readonly Room[], rejection: Omit<Rejection, 'room'>, again: boolean): Outcome {
    const outcome = nothing();
    const { code, message } = rejection; // It may be an Error, whose message a spread does not copy.
    const alone = asked.length > 1 && code.startsWith('invalid_'); // One of them has spoilt it.
    for (const room of asked) {
      if (this.#rooms.get(room.name) !== room) continue; // unsubscribed meanwhile
      if (alone) room.alone = true;
      if (again && code === late && room.postpone()) continue;
      if (again && code !== late) this.#again(room, outcome);
      else if (alone && (room.subscriptions.size > 0 || room.own)) room.phase = 'wanted';
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

  #notJoined(room: Room, rejection: Rejection | undefined, outcome: Outcome): void {
    if (rejection?.code === late && room.postpone()) return;
    if (!rejection || forNow.has(rejection.code)) this.#again(room, outcome);
    else this.#refuse(room, rejection, outcome);
  }

  /** About a second later: many clients ask for many rooms. */
  #again(room: Room, outcome: Outcome): void {
    room.phase = 'wanted';
    room.due = performance.now() + 900;
    outcome.again = true;
  }

  #create(name: string): Room {
    const room = new Room(name, this.#delays);
    this.#rooms.set(name, room);
    return room;
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
      room = this.#create(name); // The application has joined it on the server.
      room.phase = 'joined';
    }
    return { fresh: room.positions.take({ epoch, offset }), room };
  }

  /** A `gap` that names a position moves the stream there. */
  gap(name: string | undefined, position: Position | undefined): void {
    if (name !== undefined && position) this.#rooms.get(name)?.positions.skipTo(position);
  }
}
