// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { after, type Timer } from './timing.js';

export interface HeartbeatOptions {
  /** How long the other side may be silent before it is asked. */
  silence: number;
  /** How long it may take to answer. */
  patience: number;
  ask(): void;
  dead(): void;
}

/** Notices that a link is dead though nothing says so: asks after a silence, and waits so long for any sign of life. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: Timer | undefined;
  #lastLife = performance.now();
  #asked: number | undefined;
  #slept = false; // and was given a second chance

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#arm(options.silence);
  }

  life(): void {
    this.#lastLife = performance.now();
    this.#asked = undefined; // The timer finds out when it fires: cheaper than a new one for each message.
  }

  /** Asks at once: the page was asleep, or the network was away. */
  check(): void {
    if (this.#asked === undefined) this.#ask();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(ms: number): void {
    clearTimeout(this.#timer);
    const due = performance.now() + ms;
    this.#timer = after(ms, () => this.#fired(performance.now() - due));
  }

  #fired(late: number): void {
    const { silence, patience } = this.#options;
    const now = performance.now();
    if (this.#asked === undefined) {
      const rest = this.#lastLife + silence - now;
      if (rest > 0) return this.#arm(rest);
      this.#slept = false;
      return this.#ask();
    }
    const rest = this.#asked + patience - now;
    if (rest > 0) return this.#arm(rest);
    // Whoever slept over the deadline has perhaps an answer that waits to be read. But the timers of a hidden page are
    // always late: once is enough.
    if (late <= patience / 2 || this.#slept) return this.#options.dead();
    this.#slept = true;
    this.#ask();
  }

  #ask(): void {
    this.#asked = performance.now();
    this.#arm(this.#options.patience);
    this.#options.ask();
  }
}
