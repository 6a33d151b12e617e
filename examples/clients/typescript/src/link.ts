// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { Attempt, type Greeted } from './attempt.js';
import { Backoff } from './backoff.js';
import { abnormal } from './close.js';
import type { FanfareError } from './errors.js';
import { Heartbeat } from './heartbeat.js';
import type { Settings } from './options.js';
import { Route } from './route.js';
import { after, type Timer } from './timing.js';
import type { LinkEnd, Transport } from './transport.js';
import type { CloseInfo, Connected, Status } from './types.js';
import { verdictOn } from './verdict.js';
import { onWakeup } from './wakeups.js';

export interface LinkHandlers {
  status(status: Status): void;
  connected(payload: Connected): void;
  message(text: string): void;
  /** A connection that was there is gone; nobody has been told yet. */
  released(): void;
  /** Everybody may be told. */
  lost(info: CloseInfo): void;
  error(error: FanfareError): void;
}

const stable = 5000;
/**
 * With delays of half their ceilings or more these take 15 s at least: servers read a key file every 10 s, and a token
 * of the second of a revocation is refused.
 */
const mostRefusals = 6;
const hopeless = 1000;
const longestPing = 25_000;
const longestDelay = 2 ** 31 - 1; // of a timer

/** Keeps one connection to the server, whatever happens to it: the state machine of attempts, delays and ends. */
export class Link {
  readonly #settings: Settings;
  readonly #handlers: LinkHandlers;
  readonly #attempt: Attempt;
  readonly #route: Route;
  readonly #backoff: Backoff;
  #status: Status = { state: 'idle', failures: 0 };
  #abort: AbortController | undefined;
  #transport: Transport | undefined;
  #heartbeat: Heartbeat | undefined;
  #timer: Timer | undefined;
  #obeying = false; // the delay is the server's wish, or gives it time: no network makes it shorter
  #greeting: Connected | undefined;
  #greetedAt = 0;
  #triedAt = 0;
  #refusals = 0;
  #stopWakeups: (() => void) | undefined;

  constructor(url: string, settings: Settings, handlers: LinkHandlers) {
    this.#settings = settings;
    this.#handlers = handlers;
    this.#attempt = new Attempt(url, settings);
    this.#route = new Route(settings.transports, settings.preferSseFor);
    this.#backoff = new Backoff(settings.backoff.min, settings.backoff.max, settings.random);
  }

  get status(): Status {
    return this.#status;
  }

  get transport(): Transport | undefined {
    return this.#transport;
  }

  get greeting(): Connected | undefined {
    return this.#greeting;
  }

  start(): void {
    if (this.#status.state !== 'idle' && this.#status.state !== 'closed') return;
    this.#backoff.reset();
    this.#route.forget();
    this.#refusals = 0;
    this.#stopWakeups ??= onWakeup(why => this.#wake(why));
    void this.#try();
  }

  stop(): void {
    const transport = this.#transport;
    this.#release();
    this.#stopListening();
    transport?.close(false);
    if (transport) this.#handlers.released();
    if (this.#status.state !== 'idle') this.#become({ state: 'idle', failures: 0 });
    if (transport) this.#handlers.lost({ code: 1000, reason: 'disconnected', reconnect: false });
  }

  /** Ends a link that is of no use any more, and makes a new one. */
  drop(error: FanfareError): void {
    if (!this.#transport) return;
    this.#transport.close(true);
    this.#ended({ code: abnormal, reason: error.message, error });
  }

  life(): void {
    this.#heartbeat?.life();
  }

  #wake(why: 'online' | 'visible'): void {
    if (why === 'online') this.#route.networkChanged();
    const { state } = this.#status;
    if (state === 'waiting' && !this.#obeying) void this.#try();
    if (state === 'connecting' && why === 'online' && performance.now() - this.#triedAt > hopeless) {
      this.#abort?.abort(); // It began on a network that is gone.
      void this.#try();
    }
    this.#heartbeat?.check();
  }

  async #try(): Promise<void> {
    clearTimeout(this.#timer);
    const abort = (this.#abort = new AbortController());
    this.#triedAt = performance.now();
    this.#become({ state: 'connecting', failures: this.#backoff.failures });
    if (abort.signal.aborted) return; // by a handler of the state
    const kinds = this.#route.next(performance.now());
    const end = await this.#attempt.run(
      kinds,
      {
        greeted: link => this.#greeted(link),
        failed: error => this.#handlers.error(error),
        message: text => {
          this.life();
          this.#handlers.message(text);
        },
        life: () => this.life(),
        ended: over => this.#ended(over),
      },
      abort.signal,
    );
    if (!end || abort.signal.aborted) return;
    this.#route.failed();
    this.#ended(end);
  }

  #greeted({ transport, message }: Greeted): void {
    const payload = message.payload as Connected;
    this.#transport = transport;
    this.#greeting = payload;
    this.#greetedAt = performance.now();
    this.#refusals = 0;
    this.#route.worked(transport.kind, performance.now());
    const interval = payload.ping_interval_ms || 2 * longestPing;
    const usual = transport.kind === 'sse' ? 1.25 * interval : Math.min(interval / 2, longestPing);
    this.#heartbeat = new Heartbeat({
      silence: this.#settings.pingInterval ?? usual,
      patience: this.#settings.pongTimeout,
      ask: () => transport.send('{"type":"ping"}'),
      dead: () => {
        transport.close(true);
        this.#ended({ code: abnormal, reason: 'no sign of life' });
      },
    });
    this.#become({ state: 'connected', failures: 0, transport: transport.kind });
    if (this.#transport === transport) this.#handlers.connected(payload);
  }

  #ended(end: LinkEnd): void {
    const had = this.#transport;
    this.#release();
    if (had) this.#handlers.released();
    let verdict = verdictOn(end);
    // A ticket may have been too old when it arrived, or the server does not know the token's key yet.
    const refused = verdict === 'refused';
    if (refused) verdict = this.#renewable() && ++this.#refusals < mostRefusals ? 'again' : 'never';
    const { code, reason, delay, error } = end;
    const again = verdict === 'again';
    const why = { reason, ...(code !== abnormal && { code }), ...(error && { error }) };
    if (again) this.#wait(why, had !== undefined, delay, refused);
    else this.#close(why);
    if (had) this.#handlers.lost({ code, reason, reconnect: again, ...(delay !== undefined && { delay }) });
    if (error) this.#handlers.error(error);
  }

  #wait(why: Partial<Status>, had: boolean, asked: number | undefined, refused: boolean): void {
    if (had && performance.now() - this.#greetedAt >= stable) this.#backoff.reset();
    const own = this.#backoff.next(refused ? 0.5 : 0);
    const delay = Math.min(longestDelay, Math.max(asked ?? 0, this.#obeyed(own, asked)));
    this.#obeying = asked !== undefined || refused;
    this.#timer = after(delay, () => void this.#try());
    this.#become({ ...why, state: 'waiting', failures: this.#backoff.failures, nextAttempt: Date.now() + delay });
  }

  /** The server has spread its clients already; only after failures the client's own delay may be the longer one. */
  #obeyed(own: number, asked: number | undefined): number {
    return asked === undefined || this.#backoff.failures > 1 ? own : 0;
  }

  #close(why: Partial<Status>): void {
    this.#stopListening();
    this.#become({ ...why, state: 'closed', failures: this.#backoff.failures });
  }

  #renewable(): boolean {
    return this.#settings.ticket !== undefined || this.#settings.token !== undefined;
  }

  /** Nothing of the link or the attempt is left. */
  #release(): void {
    clearTimeout(this.#timer);
    this.#heartbeat?.stop();
    this.#heartbeat = undefined;
    this.#transport = undefined;
    this.#greeting = undefined;
    this.#abort?.abort();
    this.#abort = undefined;
  }

  #stopListening(): void {
    this.#stopWakeups?.();
    this.#stopWakeups = undefined;
  }

  #become(status: Status): void {
    this.#status = status;
    this.#handlers.status(status);
  }
}
