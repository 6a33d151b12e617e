// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { Backoff } from './backoff.js';
import { PositionTracker } from './positions.js';
import type { SubscribeOptions } from './subscription.js';
import type { GapInfo, Position, RecoveredInfo, SubscribedInfo } from './types.js';

/** What an answer to `subscribe` says about one room. */
export interface Joined {
  recovered: boolean | undefined;
  position: Position | undefined;
}

/** What to tell the subscriptions of a room. */
export interface News {
  subscribed: SubscribedInfo;
  recovered?: RecoveredInfo;
  gap?: GapInfo;
}

/** The ceilings of the delays of a room that is put off, in milliseconds, and what they are drawn by. */
export interface Delays {
  min: number;
  max: number;
  random?: (() => number) | undefined;
}

const mostDelays = 6;

/** A room that the client is in or wants to be in. */
export class Room {
  readonly name: string;
  readonly positions = new PositionTracker();
  readonly subscriptions = new Set<SubscribeOptions>();
  /**
   * `wanted`: to be asked for. `token`: its subscription token is on its way. `asked`: the answer is. `refused`: until
   * the next connection.
   */
  phase: 'wanted' | 'token' | 'asked' | 'joined' | 'refused' = 'wanted';
  /** For the next time that it is asked for; used once. */
  token: string | undefined;
  /** When a room that made others wait is asked for again, as performance.now() counts. */
  due = 0;
  /** The server joins it on connecting: the user's own, or one that the credential names. */
  own = false;
  /** Its last wish was part of one that was refused as a whole: it must not spoil that of others again. */
  alone = false;
  #joinedBefore = false;
  #asked: 'since' | 'last' | 'nothing' = 'nothing';
  #newest = 0; // messages that were asked for

  readonly #backoff: Backoff;

  constructor(name: string, { min, max, random }: Delays) {
    this.name = name;
    this.#backoff = new Backoff(min, max, random);
  }

  /** It was not decided about in time, or its token did not come: it must not make other rooms wait again. */
  get slow(): boolean {
    return this.#backoff.failures > 0;
  }

  /** Puts it off; answers whether it may be asked for once more. */
  postpone(): boolean {
    if (this.#backoff.failures >= mostDelays) return false;
    this.phase = 'wanted';
    this.due = performance.now() + this.#backoff.next();
    return true;
  }

  /** What was before says nothing any more. */
  begin(): void {
    this.phase = 'wanted';
    this.token = undefined;
    this.due = 0;
    this.#backoff.reset();
  }

  /** Another user goes on: what the one before has used says nothing. */
  changeUser(): void {
    this.own = false;
    if (this.#joinedBefore) this.positions.restart(undefined);
  }

  /** Where its token comes from: the token itself, or who is to be asked for it. */
  get tokenSource(): SubscribeOptions['token'] {
    for (const { token } of this.subscriptions) if (token !== undefined) return token;
    return undefined;
  }

  get lacksToken(): boolean {
    return this.token === undefined && typeof this.tokenSource === 'function';
  }

  /** A new connection. What the server has joined itself needs no asking, unless something was missed. */
  greeted(own: boolean, position: Position | undefined): News | undefined {
    this.own = own;
    this.begin();
    this.positions.awaitMissed();
    if (!own || this.positions.at) return undefined;
    this.#asked = 'nothing';
    this.positions.restart(position);
    return this.joined({ recovered: undefined, position });
  }

  /** Whether the server may have let the client in, so that a resume token may bring it back. */
  get mayBeIn(): boolean {
    return this.#joinedBefore || this.phase === 'asked';
  }

  /** What to ask for, as the fields `since`, `last` and `tokens` of a `subscribe`. */
  wish(): { room: string; since?: Position; last?: number; token?: string } {
    const source = this.tokenSource;
    const token = typeof source === 'string' ? source : source && this.token;
    const named = { room: this.name, ...(token !== undefined && { token }) };
    const since = this.positions.at;
    if (since) return { ...named, since };
    const last = Math.max(0, ...[...this.subscriptions].map(one => one.last ?? 0));
    return last > 0 && !this.own ? { ...named, last } : named;
  }

  asking(wish: { since?: Position; last?: number }): void {
    this.phase = 'asked';
    this.token = undefined;
    this.#asked = wish.since ? 'since' : wish.last ? 'last' : 'nothing';
    this.#newest = wish.last ?? 0;
  }

  /** The server has let the client in. */
  joined({ recovered, position }: Joined): News {
    const first = !this.#joinedBefore;
    this.#joinedBefore = true;
    this.begin();
    this.phase = 'joined';
    this.alone = false;
    const answer = { room: this.name, ...(position && { position }) };
    if (this.#asked === 'since') {
      if (recovered) this.positions.recovered();
      else this.positions.restart(position);
      const caughtUp = { ...answer, recovered: recovered === true };
      const subscribed = { ...caughtUp, first };
      return recovered
        ? { subscribed, recovered: caughtUp }
        : { subscribed, recovered: caughtUp, gap: { ...answer, reason: 'not_recovered' } };
    }
    // The newest ones follow, as far as they are kept.
    const before = this.#asked === 'last' ? this.#newest : 0;
    if (!this.own) this.positions.restart(position && { ...position, offset: Math.max(0, position.offset - before) });
    const subscribed = { ...answer, first };
    return first ? { subscribed } : { subscribed, gap: { ...answer, reason: 'reconnected' } };
  }
}
