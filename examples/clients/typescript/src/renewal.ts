// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { Backoff } from './backoff.js';
import { renewedCredential } from './credential.js';
import { FanfareError } from './errors.js';
import type { Settings } from './options.js';
import { after, type Timer } from './timing.js';
import type { Credential } from './transport.js';
import type { Expiring, Refreshed } from './types.js';

export interface RenewalHandlers {
  /** Sends a `refresh` on the connection; answers what the server said, or rejects with a FanfareError. */
  send(credential: Credential): Promise<Refreshed>;
  error(error: FanfareError): void;
}

/** The payload of a `refreshed`. Throws where it makes no sense. */
export function refreshedFrom(payload: unknown): Refreshed {
  const { expires_at, joined, left, positions } = payload as Record<keyof Refreshed, unknown>;
  const names = (value: unknown) =>
    value === undefined || (Array.isArray(value) && value.every(one => typeof one === 'string'));
  if (expires_at !== undefined && expires_at !== null && Number.isNaN(Date.parse(expires_at as string)))
    throw new TypeError('expires_at is no time');
  if (!names(joined) || !names(left)) throw new TypeError('joined and left must be lists of rooms');
  if (positions !== undefined && (typeof positions !== 'object' || positions === null))
    throw new TypeError('positions must be by room');
  return payload as Refreshed;
}

const mostAttempts = 6;
/** Why the next attempt would end like this one. */
const forGood = new Set(['forbidden', 'unknown_type', 'invalid_message', 'message_too_large', 'bad_message']);

/**
 * Replaces the credential of a live connection when the server says that it is about to expire. Attempts that fail are
 * made again, a few times and within the time that is left; then the connection expires, and the next one begins with
 * a fresh credential.
 */
export class Renewal {
  readonly #settings: Settings;
  readonly #handlers: RenewalHandlers;
  #abort: AbortController | undefined;
  #running: Promise<Refreshed> | undefined;
  #timer: Timer | undefined;
  #end: number | undefined; // of the credential that is being replaced, or was given up
  #deadline = 0;
  #backoff: Backoff | undefined;
  #loggedOut: FanfareError | undefined; // The application said so. After the server another credential may be good.

  constructor(settings: Settings, handlers: RenewalHandlers) {
    this.#settings = settings;
    this.#handlers = handlers;
  }

  /** A new connection. */
  start(): void {
    this.stop();
    this.#abort = new AbortController();
  }

  /** The connection is gone: nothing is asked for any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = undefined;
    this.#running = undefined;
    this.#end = undefined;
  }

  /** The server has said so at `timestamp`, by its own clock. Throws where that makes no sense. */
  expiring({ expires_at }: Expiring, timestamp: string): void {
    const end = Date.parse(expires_at);
    const told = Date.parse(timestamp);
    if (Number.isNaN(end)) throw new TypeError('expires_at is no time');
    if (!this.#settings.ticket && !this.#settings.token) return; // The application has to see to it.
    if (end === this.#end) return; // It is at it, or has given up.
    const left = Math.max(0, end - (Number.isNaN(told) ? Date.now() : told));
    const { min, max } = this.#settings.backoff;
    this.#end = end;
    this.#deadline = performance.now() + left;
    this.#backoff = new Backoff(Math.min(min, left / 8), max, this.#settings.random);
    clearTimeout(this.#timer);
    void this.#attempt();
  }

  /** Asks for a fresh credential and sends it. One at a time: who asks meanwhile gets the answer of that one. */
  refresh(): Promise<Refreshed> {
    const signal = this.#abort?.signal;
    if (!signal) return Promise.reject(new FanfareError('not_connected', 'refresh: there is no connection'));
    if (this.#running) return this.#running;
    const running = this.#once(signal).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #once(signal: AbortSignal): Promise<Refreshed> {
    const lost = () => new FanfareError('connection_lost', 'the connection broke before the refresh');
    const credential = await renewedCredential(this.#settings, signal).catch((error: unknown) => {
      if (signal.aborted) throw lost();
      if ((error as FanfareError).code === 'unauthorized') this.#loggedOut = error as FanfareError;
      throw error;
    });
    if (signal.aborted) throw lost();
    return this.#handlers.send(credential);
  }

  async #attempt(): Promise<void> {
    const connection = this.#abort;
    const end = this.#end;
    try {
      const { expires_at } = await this.refresh();
      if (expires_at !== undefined && expires_at !== null && !(Date.parse(expires_at) > end!))
        throw new FanfareError('credential_failed', 'the new credential lasts no longer than the old one');
    } catch (error) {
      if (connection !== this.#abort || end !== this.#end) return; // Its end is told by other means.
      this.#handlers.error(error as FanfareError);
      if (connection === this.#abort && end === this.#end) this.#again(error as FanfareError);
    }
  }

  #again(error: FanfareError): void {
    if (error === this.#loggedOut || forGood.has(error.code) || this.#backoff!.failures + 1 >= mostAttempts) return;
    const wait = this.#backoff!.next();
    if (performance.now() + wait >= this.#deadline) return;
    this.#timer = after(wait, () => void this.#attempt());
  }
}
