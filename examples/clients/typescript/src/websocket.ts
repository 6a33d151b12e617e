// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { abnormal, readReason } from './close.js';
import { FanfareError } from './errors.js';
import { messageOf, type Credential, type LinkEvents, type Transport } from './transport.js';
import { withTicket } from './urls.js';

/** What the client needs of a WebSocket: the browsers', Node's own, and the one of the package `ws` have it. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  /** Only `ws` can end a connection without waiting for the other side. */
  terminate?(): void;
}

export type WebSocketConstructor = new (url: string, protocols?: string[]) => WebSocketLike;

const open = 1;
const closed = 3;
const closingTime = 2000;
const protocol = 'fanfare.v1';

/** RFC 6455 section 4.1: an entry is a token of RFC 9110 section 5.6.2. */
function tokenProtocol(token: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(token))
    throw new FanfareError(
      'credential_failed',
      'the token has characters that a subprotocol cannot have; use base64url, or the option tokenQuery',
    );
  return `fanfare.token.${token}`;
}

export class WebSocketTransport implements Transport {
  readonly kind = 'websocket';
  readonly #socket: WebSocketLike;
  #problem: string | undefined;

  /** `tokenQuery`: the query parameter in which the token goes, in place of the subprotocol. */
  constructor(
    make: WebSocketConstructor,
    url: URL,
    { ticket, token }: Credential,
    events: LinkEvents,
    tokenQuery?: string,
  ) {
    const full = new URL(withTicket(url, ticket));
    const protocols = [protocol];
    if (token !== undefined && tokenQuery !== undefined) full.searchParams.set(tokenQuery, token);
    else if (token !== undefined) protocols.push(tokenProtocol(token));
    try {
      this.#socket = new make(full.href, protocols);
    } catch (error) {
      // Its text would have the URL in it, and so the ticket.
      throw new FanfareError('cannot_connect', `no WebSocket can be made for ${url.origin}`, {
        cause: (error as Error)?.name,
      });
    }
    this.#socket.onmessage = event => events.message(typeof event.data === 'string' ? event.data : '');
    this.#socket.onerror = event => {
      this.#problem ??= messageOf(event?.error ?? event?.message ?? '');
    };
    this.#socket.onclose = event => {
      this.#detach();
      const code = event.code || abnormal;
      const { text, delay } = readReason(String(event.reason ?? ''));
      const status = Number(/Unexpected server response: (\d{3})/.exec(this.#problem ?? '')?.[1]) || undefined;
      const error =
        status === undefined
          ? undefined
          : new FanfareError('refused', `the upgrade was refused with ${status}`, { status });
      events.ended({ code, reason: text, delay, status, error });
    };
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string): void {
    if (this.#socket.readyState === open) this.#socket.send(text); // Else `ended` is about to come.
  }

  close(dead: boolean): void {
    this.#detach();
    const socket = this.#socket;
    if (socket.readyState === closed) return;
    if (dead && socket.terminate) return socket.terminate();
    socket.close(1000);
    if (!socket.terminate) return;
    const timer = setTimeout(() => socket.terminate?.(), closingTime);
    socket.onclose = () => clearTimeout(timer);
  }

  renewed(): void {} // It is sent once, on opening.

  #detach(): void {
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.onerror = () => {}; // `ws` throws where nobody listens. What it would say has no receiver any more.
  }
}
