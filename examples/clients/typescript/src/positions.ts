// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import type { Position } from './types.js';

/**
 * Up to where a client has one room's stream, and what it has beyond that. Offsets may jump without a loss, so holes
 * are not looked for: the server does that, and says so.
 */
export class PositionTracker {
  /** Everything up to here is used, or known to be lost. */
  at: Position | undefined;
  #catchingUp = false;
  readonly #early = new Set<number>(); // offsets of `at`'s epoch that came live before the answer

  /**
   * A new connection: what was missed is yet to come. The server may have joined the room by itself, and then live
   * messages come before; they must not move the position.
   */
  awaitMissed(): void {
    this.#catchingUp = this.at !== undefined;
  }

  /** Where the caller knows to be, from an earlier life. */
  resumeAt(position: Position): void {
    this.restart(position);
    this.awaitMissed();
  }

  /** What was missed follows: the position moves with it, or the connection would break in between unnoticed. */
  recovered(): void {
    this.#catchingUp = false;
  }

  /** The stream goes on after `position`, whatever was before; without one, after whatever comes first. */
  restart(position: Position | undefined): void {
    this.#catchingUp = false;
    this.#early.clear();
    this.at = position;
  }

  /** What lies up to `position` is lost, and the client was told. */
  skipTo(position: Position): void {
    if (this.at?.epoch === position.epoch && position.offset <= this.at.offset) return;
    const waits = this.#catchingUp;
    this.restart(position);
    this.#catchingUp = waits;
  }

  /** Whether a message is new. What is new moves the position. */
  take({ epoch, offset }: Position): boolean {
    const here = this.at;
    if (!here || epoch !== here.epoch) {
      if (this.#catchingUp) return true; // A new history: the answer will say from where.
      this.restart({ epoch, offset });
      return true;
    }
    if (offset <= here.offset || (this.#catchingUp && this.#early.has(offset))) return false;
    if (this.#catchingUp) {
      this.#early.add(offset);
      return true;
    }
    this.at = { epoch, offset };
    const known = this.#early.has(offset);
    for (const one of this.#early) if (one <= offset) this.#early.delete(one);
    return !known;
  }
}
