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

/** Why the next attempt would end like this one. */
const forGood = new Set(['unknown_type', 'invalid_message', 'message_too_large', 'bad_message']);
/** How often a credential may be another user's: the function may have been wrong once. */
const mostForbidden = 3;
/** The ceiling of the delays, unless the time that is left is long: each is half of it at least. */
const usualCeiling = 10_000;
/** How long before the end the last attempt is: for the function and the server's answer. */
const mostMargin = 3000;

/**
 * Replaces the credential of a live connection when the server says that it is about to expire. Attempts that fail are
 * made again until shortly before the end; then the connection expires, and the next one begins with a fresh
 * credential.
 */
export class Renewal {
  readonly #settings: Settings;
  readonly #handlers: RenewalHandlers;
  #connection: object | undefined;
  #call: AbortController | undefined; // of the function that is asked, a new one each time
  #running: Promise<Refreshed> | undefined;
  #timer: Timer | undefined;
  #end: number | undefined; // of the credential that is being replaced, or was given up
  #deadline = 0; // of the last attempt
  #forbidden = 0;
  #backoff: Backoff | undefined;
  #loggedOut: FanfareError | undefined; // The application said so. After the server another credential may be good.

  constructor(settings: Settings, handlers: RenewalHandlers) {
    this.#settings = settings;
    this.#handlers = handlers;
  }

  /** A new connection. */
  start(): void {
    this.stop();
    this.#connection = {};
  }

  /** The connection is gone: nothing is asked for any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#connection = undefined;
    this.#call?.abort();
    this.#call = undefined;
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
    const ceiling = Math.max(Math.min(max, usualCeiling), left / 8);
    this.#end = end;
    this.#deadline = performance.now() + left - Math.min(mostMargin, left / 8);
    this.#forbidden = 0;
    this.#backoff = new Backoff(Math.max(Math.min(min, left / 8), left / 100), ceiling, this.#settings.random);
    clearTimeout(this.#timer);
    void this.#attempt();
  }

  /** Asks for a fresh credential and sends it. One at a time: who asks meanwhile gets the answer of that one. */
  refresh(): Promise<Refreshed> {
    const connection = this.#connection;
    if (!connection) return Promise.reject(new FanfareError('not_connected', 'refresh: there is no connection'));
    if (this.#running) return this.#running;
    const running = this.#once(connection).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #once(connection: object): Promise<Refreshed> {
    const lost = () => new FanfareError('connection_lost', 'the connection broke before the refresh');
    const call = (this.#call = new AbortController());
    const credential = await renewedCredential(this.#settings, call.signal).catch((error: unknown) => {
      if (connection !== this.#connection) throw lost();
      call.abort(); // It may have taken too long, and be at it still.
      if ((error as FanfareError).code === 'unauthorized') this.#loggedOut = error as FanfareError;
      throw error;
    });
    if (connection !== this.#connection) throw lost();
    return this.#handlers.send(credential);
  }

  async #attempt(): Promise<void> {
    const connection = this.#connection;
    const end = this.#end;
    try {
      const { expires_at } = await this.refresh();
      if (expires_at !== undefined && expires_at !== null && !(Date.parse(expires_at) > end!))
        throw new FanfareError('credential_failed', 'the new credential lasts no longer than the old one');
    } catch (error) {
      if (connection !== this.#connection || end !== this.#end) return; // Its end is told by other means.
      this.#handlers.error(error as FanfareError);
      if (connection === this.#connection && end === this.#end) this.#again(error as FanfareError);
    }
  }

  #again(error: FanfareError): void {
    if (error === this.#loggedOut || forGood.has(error.code)) return;
    if (error.code === 'forbidden' && ++this.#forbidden >= mostForbidden) return;
    const left = this.#deadline - performance.now();
    const least = this.#backoff!.ceiling / 2;
    if (left <= 0 || left < least) return;
    this.#timer = after(Math.min(left, this.#backoff!.next(0.5)), () => void this.#attempt());
  }
}
