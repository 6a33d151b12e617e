// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { abnormal } from './close.js';
import { credentialFor } from './credential.js';
import { FanfareError } from './errors.js';
import type { Settings } from './options.js';
import { SseTransport } from './sse.js';
import { after } from './timing.js';
import type { Credential, LinkEnd, LinkEvents, Transport } from './transport.js';
import { messageOf } from './transport.js';
import type { Message, TransportKind } from './types.js';
import { sseUrl, websocketUrl } from './urls.js';
import { WebSocketTransport, type WebSocketConstructor } from './websocket.js';

/** A link that the server has greeted. */
export interface Greeted {
  transport: Transport;
  message: Message;
}

export interface AttemptEvents extends LinkEvents {
  greeted(link: Greeted): void;
  /** One transport has failed, and the next one is tried. */
  failed(error: FanfareError): void;
}

/** Opens one transport after the other, with a fresh credential each, until the server greets over one. */
export class Attempt {
  readonly #url: string;
  readonly #settings: Settings;

  constructor(url: string, settings: Settings) {
    this.#url = url;
    this.#settings = settings;
    if (settings.transports.includes('websocket')) websocketUrl(url); // A bad URL is the caller's to hear of, at once.
    if (settings.transports.includes('sse')) sseUrl(url, settings.sseUrl);
  }

  /**
   * Never rejects. What follows the greeting goes to `events`, which is told of the greeting in the same turn, or
   * messages that arrive in one piece with it would be lost.
   */
  async run(
    kinds: readonly TransportKind[],
    events: AttemptEvents,
    signal: AbortSignal,
  ): Promise<LinkEnd | undefined> {
    let end: LinkEnd | undefined;
    for (const kind of kinds) {
      if (end?.error && !signal.aborted) events.failed(end.error);
      if (signal.aborted) return undefined;
      try {
        const credential = await credentialFor(this.#settings, signal);
        if (signal.aborted) return undefined;
        end = await this.#open(kind, credential, events, signal);
        if (!end || end.code !== abnormal) return end; // The server itself has closed it: another way changes nothing.
      } catch (error) {
        end = { code: abnormal, reason: messageOf(error), error: error as FanfareError };
        if (end.error?.code === 'unauthorized' || end.error?.code === 'credential_failed') return end;
      }
    }
    return end;
  }

  /** Answers how it failed, or nothing if the server has greeted. */
  #open(
    kind: TransportKind,
    credential: Credential,
    events: AttemptEvents,
    signal: AbortSignal,
  ): Promise<LinkEnd | undefined> {
    return new Promise((resolve, reject) => {
      let greeted = false;
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
      };
      const settle = (end?: LinkEnd) => {
        done();
        resolve(end);
      };
      const giveUp = (code: string, text: string) => {
        transport?.close(true);
        settle({ code: abnormal, reason: text, error: new FanfareError(code, text) });
      };
      const aborted = () => giveUp('closed', 'disconnected meanwhile');
      const timer = after(this.#settings.connectTimeout, () =>
        giveUp('timed_out', `no greeting over ${kind} in time`),
      );
      signal.addEventListener('abort', aborted);
      let transport: Transport | undefined;
      try {
        transport = this.#make(kind, credential, {
          message: text => {
            if (greeted) return events.message(text);
            const message = readGreeting(text);
            if (!message) return giveUp('bad_message', 'the server did not begin with a greeting');
            greeted = true;
            settle();
            events.greeted({ transport: transport!, message });
          },
          life: () => {
            if (greeted) events.life();
          },
          ended: end => {
            if (greeted) return events.ended(end);
            const text = end.reason || `no connection over ${kind}`;
            settle({ ...end, reason: text, error: end.error ?? new FanfareError('cannot_connect', text) });
          },
        });
      } catch (error) {
        done();
        reject(error);
      }
    });
  }

  #make(kind: TransportKind, credential: Credential, events: LinkEvents): Transport {
    const global = globalThis as { WebSocket?: WebSocketConstructor; fetch?: typeof globalThis.fetch };
    const make = this.#settings.WebSocket ?? global.WebSocket;
    const fetch = this.#settings.fetch ?? global.fetch;
    if (kind === 'websocket') {
      if (!make)
        throw new FanfareError(
          'cannot_connect',
          'there is no WebSocket here: give the constructor one (option WebSocket)',
        );
      return new WebSocketTransport(make, websocketUrl(this.#url), credential, events, this.#settings.tokenQuery);
    }
    if (!fetch)
      throw new FanfareError('cannot_connect', 'there is no fetch here: give the constructor one (option fetch)');
    const { sseUrl: named, credentials, requestTimeout: timeout } = this.#settings;
    return new SseTransport({ fetch, url: sseUrl(this.#url, named), credentials, timeout }, credential, events);
  }
}

function readGreeting(text: string): Message | undefined {
  try {
    const message = JSON.parse(text) as Message;
    return message.type === 'connected' && typeof message.payload?.connection_id === 'string' ? message : undefined;
  } catch {
    return undefined; // Something else answers at this address.
  }
}
