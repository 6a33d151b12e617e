// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
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

/** A room that the client is in or wants to be in. */
export class Room {
  readonly name: string;
  readonly positions = new PositionTracker();
  readonly subscriptions = new Set<SubscribeOptions>();
  /** `wanted`: to be asked for. `asked`: the answer is on its way. `refused`: until the next connection. */
  phase: 'wanted' | 'asked' | 'joined' | 'refused' = 'wanted';
  /** The server joins it on connecting: the user's own, or one that the credential names. */
  own = false;
  /** Its last wish was part of one that was refused as a whole: it must not spoil that of others again. */
  alone = false;
  #joinedBefore = false;
  #asked: 'since' | 'last' | 'nothing' = 'nothing';
  #newest = 0; // messages that were asked for

  constructor(name: string) {
    this.name = name;
  }

  /** A new connection. What the server has joined itself needs no asking, unless something was missed. */
  greeted(own: boolean, position: Position | undefined): News | undefined {
    this.own = own;
    this.phase = 'wanted';
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

  /** What to ask for, as the fields `since` and `last` of a `subscribe`. */
  wish(): { room: string; since?: Position; last?: number } {
    const since = this.positions.at;
    if (since) return { room: this.name, since };
    const last = Math.max(0, ...[...this.subscriptions].map(one => one.last ?? 0));
    return last > 0 && !this.own ? { room: this.name, last } : { room: this.name };
  }

  asking(wish: { since?: Position; last?: number }): void {
    this.phase = 'asked';
    this.#asked = wish.since ? 'since' : wish.last ? 'last' : 'nothing';
    this.#newest = wish.last ?? 0;
  }

  /** The server has let the client in. */
  joined({ recovered, position }: Joined): News {
    const first = !this.#joinedBefore;
    this.#joinedBefore = true;
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
