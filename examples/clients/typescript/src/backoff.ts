// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

/**
 * Exponential backoff with full jitter: anything between nothing and a ceiling that doubles with each failure. The
 * jitter is what keeps a thousand clients of a restarted server from coming back in one moment.
 */
export class Backoff {
  #failures = 0;
  readonly #min: number;
  readonly #max: number;
  readonly #random: () => number;

  constructor(min: number, max: number, random: () => number = Math.random) {
    this.#min = min;
    this.#max = max;
    this.#random = random;
  }

  /** How many delays were taken since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** What the next delay is below, in milliseconds. */
  get ceiling(): number {
    return Math.min(this.#max, this.#min * 2 ** Math.min(this.#failures, 40));
  }

  /** The delay before the next attempt, in milliseconds: `least` of its ceiling (0 to 1), or more. */
  next(least = 0): number {
    const delay = Math.round((least + (1 - least) * this.#random()) * this.ceiling);
    this.#failures++;
    return delay;
  }

  reset(): void {
    this.#failures = 0;
  }
}
