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

  /** The delay before the next attempt, in milliseconds. */
  next(): number {
    const ceiling = Math.min(this.#max, this.#min * 2 ** Math.min(this.#failures, 40));
    this.#failures++;
    return Math.round(this.#random() * ceiling);
  }

  reset(): void {
    this.#failures = 0;
  }
}
