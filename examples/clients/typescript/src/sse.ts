// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { abnormal, readReason } from './close.js';
import { FanfareError } from './errors.js';
import { readError, refusal } from './refusal.js';
import { SseParser, type SseEvent } from './sse_parser.js';
import { after } from './timing.js';
import { messageOf, type Credential, type LinkEnd, type LinkEvents, type Transport } from './transport.js';
import { withTicket } from './urls.js';

export interface SseOptions {
  fetch: typeof fetch;
  url: URL;
  credentials?: RequestInit['credentials'] | undefined;
  /** For one POST. */
  timeout: number;
}

const maxEvent = 8 * 1024 * 1024;

/**
 * A stream of the server's envelopes, read with `fetch`: an EventSource can neither send a header nor show a status.
 * What the client says goes by POST, one after the other, so that its order is kept.
 */
export class SseTransport implements Transport {
  readonly kind = 'sse';
  readonly #options: SseOptions;
  #token: string | undefined;
  readonly #events: LinkEvents;
  readonly #abort = new AbortController();
  readonly #parser: SseParser;
  readonly #posts: { text: string; id?: string | undefined }[] = [];
  #posting = false;
  #session: string | undefined;
  #delay: number | undefined;
  #over = false;

  constructor(options: SseOptions, { ticket, token }: Credential, events: LinkEvents) {
    this.#options = options;
    this.#token = token;
    this.#events = events;
    this.#parser = new SseParser(
      {
        event: event => this.#take(event),
        retry: ms => {
          this.#delay = ms;
        },
      },
      maxEvent,
    );
    void this.#read(withTicket(options.url, ticket));
  }

  get buffered(): number {
    return this.#posts.reduce((sum, { text }) => sum + text.length, 0);
  }

  send(text: string, id?: string): void {
    this.#posts.push({ text, id });
    if (!this.#posting) void this.#post();
  }

  renewed({ token }: Credential): void {
    this.#token = token ?? this.#token;
  }

  close(): void {
    this.#over = true;
    this.#posts.length = 0;
    this.#abort.abort();
  }

  async #read(url: string): Promise<void> {
    try {
      const response = await this.#fetch(url, {
        headers: this.#headers({ accept: 'text/event-stream' }),
        cache: 'no-store',
      });
      if (response.status !== 200 || !response.body) return this.#end(await refusal(response));
      if (!(response.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
        await response.body.cancel();
        return this.#fail('refused', 'the answer is no event stream');
      }
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (this.#over) return;
        if (done) return this.#fail('connection_lost', 'the stream ended');
        this.#events.life();
        this.#parser.push(decoder.decode(value, { stream: true }));
      }
    } catch (error) {
      this.#fail(
        'cannot_connect',
        error instanceof RangeError ? error.message : `the stream broke: ${reasonOf(error)}`,
      );
    }
  }

  #take({ event, data }: SseEvent): void {
    if (this.#over) return;
    if (event === 'close') return this.#closed(data);
    if (event !== 'message') return;
    if (this.#session === undefined) this.#session = sessionIn(data);
    this.#events.message(data);
  }

  #closed(data: string): void {
    let code = abnormal;
    let reason = '';
    try {
      const told = JSON.parse(data) as { code?: unknown; reason?: unknown };
      code = Number(told.code) || abnormal;
      reason = typeof told.reason === 'string' ? told.reason : JSON.stringify(told.reason ?? '');
    } catch {
      reason = data;
    }
    const { text, delay } = readReason(reason);
    this.#end({ code, reason: text, delay: delay ?? this.#delay });
  }

  async #post(): Promise<void> {
    this.#posting = true;
    try {
      for (let next; !this.#over && (next = this.#posts[0]); this.#posts.shift())
        await this.#postOne(next.text, next.id);
    } catch (error) {
      this.#fail('connection_lost', `a message could not be posted: ${reasonOf(error)}`);
    } finally {
      this.#posting = false;
    }
  }

  async #postOne(text: string, id: string | undefined): Promise<void> {
    const body = `{"session":${JSON.stringify(this.#session ?? '')},"message":${text}}`;
    // Text spares a page of another origin the preflight; a token needs one in any case.
    const type = this.#token === undefined ? 'text/plain' : 'application/json';
    const headers = this.#headers({ 'content-type': type });
    const late = after(this.#options.timeout, () => this.#fail('timed_out', 'a message was not taken in time'));
    try {
      const response = await this.#fetch(this.#options.url.href, { method: 'POST', headers, body });
      if (response.ok) await response.body?.cancel();
      else await this.#refused(response, id);
    } finally {
      clearTimeout(late);
    }
  }

  async #refused(response: Response, id: string | undefined): Promise<void> {
    const known = await readError(response);
    const code = known?.code ?? 'refused';
    if (response.status === 404 || response.status === 401 || response.status >= 500)
      return this.#fail('connection_lost', known?.message ?? `a message was answered with ${response.status}`);
    if (this.#over) return;
    const payload = { code, message: known?.message ?? `answered with ${response.status}` };
    this.#events.message(JSON.stringify({ type: 'error', payload, request_id: id }));
  }

  #fetch(url: string, init: RequestInit): Promise<Response> {
    const { credentials } = this.#options;
    const call = this.#options.fetch; // Called as a method of something else, browsers throw.
    return call(url, { signal: this.#abort.signal, ...(credentials && { credentials }), ...init });
  }

  #headers(headers: Record<string, string>): Record<string, string> {
    return this.#token === undefined ? headers : { ...headers, authorization: `Bearer ${this.#token}` };
  }

  #fail(code: string, text: string): void {
    this.#end({ code: abnormal, reason: text, delay: this.#delay, error: new FanfareError(code, text) });
  }

  #end(end: LinkEnd): void {
    if (this.#over) return;
    this.close();
    this.#events.ended(end);
  }
}

/** What went wrong, without the URL: the ticket is in it. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown } })?.cause?.code;
  return typeof cause === 'string' ? cause : messageOf(error).replace(/\bhttps?:\S+/g, 'the server');
}

function sessionIn(data: string): string | undefined {
  try {
    const { type, payload } = JSON.parse(data) as { type?: unknown; payload?: { session?: unknown } };
    return type === 'connected' && typeof payload?.session === 'string' ? payload.session : undefined;
  } catch {
    return undefined; // The client says what it thinks of such a message.
  }
}
