// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import type { TransportKind } from './types.js';

/**
 * Which transports one attempt tries, in order. A WebSocket goes first. SSE comes right after it until a WebSocket has
 * ever worked; from then on only when three attempts in a row have failed, or a restart of the server would drive
 * everybody to SSE. What has worked where a WebSocket never did is tried first for a while.
 */
export class Route {
  readonly #kinds: readonly TransportKind[];
  readonly #preferFor: number;
  #websocketWorked = false;
  #failures = 0;
  #preferUntil = 0;

  constructor(kinds: readonly TransportKind[], preferFor: number) {
    this.#kinds = kinds;
    this.#preferFor = preferFor;
  }

  next(now: number): TransportKind[] {
    const both = this.#kinds.length > 1;
    if (!both) return [...this.#kinds];
    if (now < this.#preferUntil) return ['sse'];
    if (this.#kinds[0] === 'sse') return ['sse', 'websocket'];
    return this.#websocketWorked && this.#failures < 3 ? ['websocket'] : ['websocket', 'sse'];
  }

  worked(kind: TransportKind, now: number): void {
    this.#failures = 0;
    if (kind === 'websocket') this.#websocketWorked = true;
    else if (this.#kinds[0] === 'websocket' && !this.#websocketWorked) this.#preferUntil = now + this.#preferFor;
  }

  failed(): void {
    this.#failures++;
    this.#preferUntil = 0;
  }

  /** Another network, perhaps: nothing may block the WebSocket there, and what failed without it proves nothing. */
  networkChanged(): void {
    this.#failures = 0;
    this.#preferUntil = 0;
  }

  /** A new beginning: nothing is known. */
  forget(): void {
    this.#websocketWorked = false;
    this.#failures = 0;
    this.#preferUntil = 0;
  }
}
