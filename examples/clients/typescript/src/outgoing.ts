// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { FanfareError } from './errors.js';
import { after, type Timer } from './timing.js';
import type { Message } from './types.js';

export interface OutgoingLimits {
  maxQueue: number;
  maxQueueBytes: number;
  maxMessageBytes: number;
}

export interface OutgoingMessage {
  type: string;
  room?: string;
  payload?: unknown;
  trace?: string;
}

export interface RequestOptions {
  timeout: number;
  /** Send it again on the next connection if this one breaks before the answer: only for what may be done twice. */
  retry: boolean;
  /** Only on this connection: it is neither queued nor sent again, and goes before what waits. */
  urgent?: boolean;
  /** Called as the answer arrives, before the next message is looked at. An error without an answer is the client's. */
  settled(error: FanfareError | undefined, answer: Message | undefined): void;
}

interface Entry {
  text: string;
  bytes: number;
  id?: string;
  options?: RequestOptions;
  timer?: Timer;
}

/** A server answers `too_many_requests` above 16; some are left for the client's own. */
const mostInFlight = 12;

/** What waits to be sent, and what waits for its answer. Bounded: what does not fit is refused. */
export class Outgoing {
  readonly #limits: OutgoingLimits;
  readonly #transmit: (text: string, id?: string, urgent?: boolean) => boolean;
  #queue: Entry[] = [];
  #queuedBytes = 0;
  readonly #inFlight = new Map<string, Entry>();
  #lastId = 0;

  /** `transmit` answers whether the link took it. */
  constructor(limits: OutgoingLimits, transmit: (text: string, id?: string, urgent?: boolean) => boolean) {
    this.#limits = limits;
    this.#transmit = transmit;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Throws what speaks against it. */
  send(message: OutgoingMessage): void {
    this.#enqueue(this.#encode(message));
    this.flush();
  }

  request(message: OutgoingMessage, options: RequestOptions): void {
    const id = `c${++this.#lastId}`;
    const entry: Entry = { ...this.#encode({ ...message, request_id: id }), id, options };
    if (options.urgent) {
      if (!this.#transmit(entry.text, id, true))
        throw new FanfareError('connection_lost', `${message.type}: the connection cannot take it`);
      this.#inFlight.set(id, entry);
    } else {
      this.#enqueue(entry);
    }
    entry.timer = after(options.timeout, () => this.#late(entry, message.type));
    this.flush();
  }

  /** Sends what the link takes. */
  flush(): void {
    let head: Entry | undefined;
    while ((head = this.#queue[0])) {
      if (head.id && this.#inFlight.size >= mostInFlight) return;
      if (!this.#transmit(head.text, head.id)) return;
      this.#unqueue(head);
      if (head.id) this.#inFlight.set(head.id, head);
    }
  }

  /** Whether `message` was an answer. */
  answer(message: Message): boolean {
    const entry = this.#inFlight.get(String(message.request_id));
    if (message.request_id === undefined || !entry) return false;
    this.#inFlight.delete(String(message.request_id));
    if (message.type === 'error') {
      const { code, message: text } = message.payload as { code: string; message: string };
      this.#settle(entry, new FanfareError(code, text), message);
    } else {
      this.#settle(entry, undefined, message);
    }
    this.flush();
    return true;
  }

  /** The link is gone: what may be sent twice waits for the next one, the rest fails. */
  linkLost(): void {
    const open = [...this.#inFlight.values()];
    this.#inFlight.clear();
    const again = open.filter(entry => entry.options?.retry);
    this.#queue = [...again, ...this.#queue];
    for (const entry of again) this.#queuedBytes += entry.bytes;
    for (const entry of open)
      if (!entry.options?.retry)
        this.#settle(entry, new FanfareError('connection_lost', 'the connection broke before the answer came'));
  }

  /** Everything that waits fails. */
  clear(error: FanfareError): void {
    const all = [...this.#inFlight.values(), ...this.#queue];
    this.#inFlight.clear();
    this.#queue = [];
    this.#queuedBytes = 0;
    for (const entry of all) this.#settle(entry, error);
  }

  #encode(message: object): Entry {
    const text = jsonOf(message);
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > this.#limits.maxMessageBytes)
      throw new FanfareError(
        'message_too_large',
        `a message of ${bytes} bytes; the server takes ${this.#limits.maxMessageBytes} (maxMessageBytes)`,
      );
    return { text, bytes };
  }

  #enqueue(entry: Entry): void {
    const { maxQueue, maxQueueBytes } = this.#limits;
    this.flush();
    if (this.#queue.length >= maxQueue || this.#queuedBytes + entry.bytes > maxQueueBytes)
      throw new FanfareError(
        'queue_full',
        `${this.#queue.length} messages of ${this.#queuedBytes} bytes wait already`,
      );
    this.#queue.push(entry);
    this.#queuedBytes += entry.bytes;
  }

  #unqueue(entry: Entry): void {
    const at = this.#queue.indexOf(entry);
    if (at < 0) return;
    this.#queue.splice(at, 1);
    this.#queuedBytes -= entry.bytes;
  }

  #late(entry: Entry, type: string): void {
    this.#unqueue(entry);
    if (entry.id) this.#inFlight.delete(entry.id);
    this.#settle(entry, new FanfareError('timed_out', `no answer to ${type} in time`));
    this.flush();
  }

  #settle(entry: Entry, error?: FanfareError, answer?: Message): void {
    clearTimeout(entry.timer);
    entry.options?.settled(error, answer);
  }
}

function jsonOf(message: object): string {
  let text: string;
  try {
    text = JSON.stringify(message);
  } catch (cause) {
    throw new FanfareError('invalid_argument', 'the payload cannot be written as JSON', { cause });
  }
  // The server could not read it, not even to tell whose request it was.
  if (/(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(text))
    throw new FanfareError('invalid_argument', 'a text ends or begins in the middle of a character (lone surrogate)');
  return text;
}
