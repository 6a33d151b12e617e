// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

export interface SseEvent {
  event: string;
  data: string;
}

export interface SseHandlers {
  event(event: SseEvent): void;
  /** The server asks for this delay before the next attempt. */
  retry(ms: number): void;
}

/** Reads a text/event-stream, in whatever pieces it comes. */
export class SseParser {
  readonly #handlers: SseHandlers;
  readonly #maxLength: number;
  #rest = '';
  #skipNewline = false;
  #first = true;
  #event = '';
  #data: string[] = [];
  #length = 0;

  constructor(handlers: SseHandlers, maxLength: number) {
    this.#handlers = handlers;
    this.#maxLength = maxLength;
  }

  /** Throws RangeError when an event is longer than it may be. */
  push(text: string): void {
    if (!text) return;
    if (this.#first && text.startsWith('\uFEFF')) text = text.slice(1);
    this.#first = false;
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const c = text[at];
      if (c !== '\n' && c !== '\r') {
        this.#skipNewline = false;
        continue;
      }
      const second = c === '\n' && this.#skipNewline; // of a CR LF
      this.#skipNewline = c === '\r';
      if (!second) this.#line(this.#rest + text.slice(from, at));
      this.#rest = '';
      from = at + 1;
    }
    this.#rest += text.slice(from);
    this.#check(this.#rest.length);
  }

  #check(more: number): void {
    if (this.#length + more > this.#maxLength)
      throw new RangeError(`an event of more than ${this.#maxLength} characters`);
  }

  #line(line: string): void {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') {
      this.#check(value.length);
      this.#length += value.length + 1;
      this.#data.push(value);
    } else if (field === 'event') {
      this.#event = value;
    } else if (field === 'retry' && /^\d+$/.test(value)) {
      this.#handlers.retry(Number(value));
    }
  }

  #dispatch(): void {
    const event = { event: this.#event || 'message', data: this.#data.join('\n') };
    const empty = this.#data.length === 0;
    this.#event = '';
    this.#data = [];
    this.#length = 0;
    if (!empty) this.#handlers.event(event);
  }
}
