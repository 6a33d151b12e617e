// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { Emitter, guarded } from './emitter.js';
import { FanfareError } from './errors.js';
import { Inbox } from './inbox.js';
import { Joiner } from './joiner.js';
import { Link } from './link.js';
import { settingsFrom, type ClientOptions, type Settings } from './options.js';
import { Outgoing, type OutgoingMessage } from './outgoing.js';
import { dispatch, tell, tellGap } from './dispatch.js';
import type { Outcome } from './outcome.js';
import { refreshedFrom, Renewal } from './renewal.js';
import { Rooms } from './rooms.js';
import { checkWish, type SubscribeOptions, type Subscription } from './subscription.js';
import type { Timer } from './timing.js';
import { messageOf, type Credential } from './transport.js';
import type {
  CloseInfo,
  Connected,
  Expiring,
  GapInfo,
  HistoryPage,
  Message,
  Position,
  Presence,
  Receipt,
  Refreshed,
  Rejection,
  State,
  Status,
  TransportKind,
} from './types.js';

export interface ClientEvents {
  /** The server has greeted; the rooms are about to be joined. */
  connected: Connected;
  close: CloseInfo;
  /** The credential is about to expire; with a `ticket` or `token` function the client replaces it by itself. */
  expiring: Expiring;
  /** The connection goes on with another credential. */
  refreshed: Refreshed;
  error: FanfareError;
  /** Every new message that is no answer, of any room or none. */
  message: Message;
  gap: GapInfo;
  rejected: Rejection;
}

export interface RequestTiming {
  /** In milliseconds; the time in the queue counts. */
  timeout?: number;
}

const drainInterval = 50;

/** One user's connection to a Fanfare server: kept up, with its rooms, until `disconnect()`. */
export class FanfareClient {
  readonly inbox: Inbox;
  readonly #settings: Settings;
  readonly #link: Link;
  readonly #rooms: Rooms;
  readonly #outgoing: Outgoing;
  readonly #joiner: Joiner;
  readonly #renewal: Renewal;
  readonly #events: Emitter<ClientEvents & { state: Status }>;
  #connected: Connected | undefined;
  #everConnected = false;
  #user: string | undefined; // of the last connection
  #waitsFor: string | undefined; // whose messages wait: the user since the last disconnect()
  #draining: Timer | undefined;
  #tellingError = false;

  /** `url` is that of the WebSocket: absolute or relative to the page, http(s) or ws(s). `connect()` begins. */
  constructor(url: string, options: ClientOptions = {}) {
    const settings = (this.#settings = settingsFrom(options));
    this.#events = new Emitter(this.#failed);
    this.#rooms = new Rooms({ ...settings.backoff, random: settings.random });
    this.#outgoing = new Outgoing(settings, (text, id, urgent) => this.#transmit(text, id, urgent));
    this.inbox = new Inbox(
      (type, payload, retry = true) => this.#ask({ type, payload }, {}, retry),
      this.#failed,
      settings.maxMessageBytes,
    );
    this.#joiner = new Joiner(
      this.#rooms,
      this.#outgoing,
      {
        outcome: outcome => this.#joined(outcome),
        deaf: error => this.#link.drop(error),
        error: error => this.#error(error),
      },
      settings.maxMessageBytes,
      settings.connectTimeout,
    );
    this.#renewal = new Renewal(settings, {
      send: credential => this.#sendRefresh(credential),
      error: error => this.#error(error),
    });
    this.#link = new Link(url, settings, {
      status: status => this.#events.emit('state', status),
      connected: payload => this.#greeted(payload),
      message: text => this.#received(text),
      released: () => this.#released(),
      lost: info => this.#events.emit('close', info),
      error: error => this.#error(error),
    });
  }

  /** Begins, and keeps on. Does nothing while it is already trying. */
  connect(): void {
    this.#link.start();
  }

  /** Ends everything: no timer, listener or open promise is left. Subscriptions stay, for another `connect()`. */
  disconnect(): void {
    this.#joiner.stop();
    this.#renewal.stop();
    this.#waitsFor = undefined;
    this.#outgoing.clear(new FanfareError('closed', 'disconnected'));
    this.#link.stop(); // Last: a handler that hears of it may connect again.
  }

  get state(): State {
    return this.#link.status.state;
  }

  get status(): Status {
    return this.#link.status;
  }

  get connectionId(): string | undefined {
    return this.#link.greeting?.connection_id;
  }

  get userId(): string | undefined {
    return this.#link.greeting?.user_id;
  }

  get transport(): TransportKind | undefined {
    return this.#link.transport?.kind;
  }

  /** How many messages wait to be sent. */
  get queued(): number {
    return this.#outgoing.queued;
  }

  /** Called at each change; `client.state` is what it is now. */
  onState(handler: (state: State, status: Status) => void): () => void {
    return this.#events.on('state', status => handler(status.state, status));
  }

  on<K extends keyof ClientEvents>(event: K, handler: (argument: ClientEvents[K]) => void): () => void {
    return this.#events.on(event, handler as (argument: (ClientEvents & { state: Status })[K]) => void);
  }

  /** At any time; the room is joined when there is a connection, and again on every later one. */
  subscribe<Types extends object = Record<string, any>>(
    name: string,
    options: SubscribeOptions<Types> = {},
  ): Subscription {
    checkWish(name, options);
    const own = { ...options } as SubscribeOptions; // The same options may be used twice.
    const { room, ask } = this.#rooms.add(name, own);
    if (ask && this.#connected) this.#joiner.join();
    let over = false;
    const joined = () => !over && this.#connected !== undefined && room.phase === 'joined';
    if (room.phase === 'joined')
      queueMicrotask(() => {
        const { at } = room.positions;
        if (!joined()) return;
        guarded(this.#failed, own.subscribed, { room: name, first: true, ...(at && { position: at }) });
      });
    const rooms = this.#rooms;
    return {
      room: name,
      get joined() {
        return joined();
      },
      get position() {
        return room.positions.at;
      },
      unsubscribe: () => {
        if (over) return;
        over = true;
        if (rooms.remove(room, own, this.#connected !== undefined)) this.#joiner.leave([name]);
      },
    };
  }

  /**
   * Answers when the server has stored and sent it. With an `idempotencyKey` it is sent again if the connection breaks
   * before the answer; without one that is the error `connection_lost`, and nobody knows whether it was published.
   * `trace`, a `traceparent` of W3C Trace Context, goes to the receivers with the message.
   */
  publish(
    room: string,
    type: string,
    payload?: unknown,
    options: RequestTiming & { idempotencyKey?: string; trace?: string } = {},
  ): Promise<Receipt> {
    const { idempotencyKey: idempotency_key, trace } = options;
    const retry = idempotency_key !== undefined;
    const body = { type, ...(payload !== undefined && { payload }), ...(retry && { idempotency_key }) };
    const message = { type: 'publish', room, payload: body, ...(trace !== undefined && { trace }) };
    return this.#ask(message, options, retry);
  }

  /** Asks the application; answers the payload of its answer. `retry`: again if the connection breaks before it. */
  request<A = any>(type: string, payload?: unknown, options: RequestTiming & { retry?: boolean } = {}): Promise<A> {
    return this.#ask({ type, ...(payload !== undefined && { payload }) }, options, options.retry === true);
  }

  /** Sends without waiting for an answer. Throws when it cannot be taken, as when the queue is full. */
  send(type: string, payload?: unknown): void {
    this.#mustBeOn(type);
    this.#outgoing.send({ type, ...(payload !== undefined && { payload }) });
  }

  /** A page of a room's history. `since`: what is after it, or with `order: 'newest'` before it. */
  history<P = any>(
    room: string,
    options: { limit?: number; order?: 'oldest' | 'newest'; since?: Position } & RequestTiming = {},
  ): Promise<HistoryPage<P>> {
    const { limit, order, since } = options;
    const payload = { room, ...(limit !== undefined && { limit }), ...(order && { order }), ...(since && { since }) };
    return this.#ask({ type: 'history', payload }, options, true);
  }

  presence(room: string, options: { limit?: number } & RequestTiming = {}): Promise<Presence> {
    const { limit } = options;
    const payload = { room, ...(limit !== undefined && { limit }) };
    return this.#ask({ type: 'presence', payload }, options, true);
  }

  /**
   * Asks for a fresh credential and replaces that of the connection by it; the client does so by itself when the server
   * says that it is about to expire. Rejects with `credential_failed`, `not_connected`, or what the server says.
   */
  refresh(): Promise<Refreshed> {
    return this.#renewal.refresh();
  }

  /** Confirms a message that has an `ack_id`. */
  async ack(id: string): Promise<void> {
    await this.#ask({ type: 'ack', payload: { id } }, {}, true);
  }

  #ask<A>(message: OutgoingMessage, { timeout }: RequestTiming, retry: boolean): Promise<A> {
    return new Promise((resolve, reject) => {
      this.#mustBeOn(message.type);
      this.#outgoing.request(message, {
        timeout: timeout ?? this.#settings.requestTimeout,
        retry,
        settled: (error, answer) => (error ? reject(error) : resolve(answer!.payload as A)),
      });
    });
  }

  #sendRefresh(credential: Credential): Promise<Refreshed> {
    return new Promise((resolve, reject) => {
      const transport = this.#link.transport;
      this.#outgoing.request(
        { type: 'refresh', payload: credential },
        {
          timeout: this.#settings.requestTimeout,
          retry: false,
          urgent: true,
          settled: (error, answer) => {
            if (error) return reject(error);
            try {
              resolve(this.#refreshed(refreshedFrom(answer!.payload)));
              transport?.renewed(credential);
            } catch (cause) {
              reject(new FanfareError('bad_message', 'the answer to refresh makes no sense', { cause }));
            }
          },
        },
      );
    });
  }

  /** In the turn in which it came: the next message may be one of a room that was joined. */
  #refreshed(answer: Refreshed): Refreshed {
    const connection = this.#connected;
    const { news, ask } = this.#rooms.refreshed(answer);
    if (ask) this.#joiner.join();
    for (const one of news) if (this.#connected === connection) this.#tell(one); // A handler may disconnect.
    if (this.#connected === connection) this.#events.emit('refreshed', answer);
    return answer;
  }

  #mustBeOn(what: string): void {
    if (this.state === 'idle' || this.state === 'closed')
      throw new FanfareError('not_connected', `${what}: the client is ${this.state}; call connect() first`);
  }

  #transmit(text: string, id: string | undefined, urgent = false): boolean {
    const transport = this.#link.transport;
    if (!transport || !this.#connected) return false;
    if (!urgent && transport.buffered > this.#settings.maxQueueBytes) {
      this.#draining ??= setTimeout(() => {
        this.#draining = undefined;
        this.#outgoing.flush();
      }, drainInterval); // No WebSocket says when it has sent what it took.
      return false;
    }
    transport.send(text, id);
    return true;
  }

  #greeted(payload: Connected): void {
    this.#connected = payload;
    const changed = this.#changeUser(payload.user_id);
    this.#renewal.start();
    const { news, lost } = this.#rooms.greeted(payload, this.#settings.resume);
    const here = () => this.#connected === payload; // A handler may disconnect.
    const first = !this.#everConnected;
    this.#everConnected = true;
    this.inbox.connected(payload.user_id, first);
    if (here()) this.#joiner.start();
    if (here() && changed) this.#error(changed);
    for (const one of news) if (here()) this.#tell(one);
    for (const info of lost) if (here()) this.#lost(info);
    this.#outgoing.flush();
    if (here()) this.#events.emit('connected', payload);
  }

  /** What the user before has left behind must not be done in the name of another one. */
  #changeUser(user: string): FanfareError | undefined {
    const before = this.#user;
    const waitsFor = this.#waitsFor;
    this.#user = this.#waitsFor = user;
    if (before === undefined || before === user) return undefined;
    const name = (one: string) => (one ? JSON.stringify(one) : 'an anonymous visitor');
    const text = `the connection is ${name(user)}'s now; the one before was ${name(before)}'s`;
    const error = new FanfareError('user_changed', text);
    this.#rooms.changeUser();
    if (waitsFor !== undefined) this.#outgoing.clear(error);
    return error;
  }

  #released(): void {
    this.#connected = undefined;
    clearTimeout(this.#draining);
    this.#draining = undefined;
    this.#joiner.stop();
    this.#renewal.stop();
    this.#outgoing.linkLost();
  }

  #received(text: string): void {
    try {
      this.#handle(JSON.parse(text) as Message);
    } catch (cause) {
      const what = cause instanceof SyntaxError ? 'that is not JSON' : 'that makes no sense';
      this.#error(new FanfareError('bad_message', `the server sent something ${what}`, { cause }));
    }
  }

  #handle(message: Message): void {
    if (typeof message?.type !== 'string') throw new TypeError('a message without a type');
    if (this.#outgoing.answer(message) || message.type === 'pong') return;
    if (message.request_id !== undefined) return; // an answer that nobody waits for any more
    if (message.type === 'gap') return this.#gap(message);
    if (message.room === undefined && message.type === 'expiring') return this.#expiring(message);
    if (message.room === undefined && message.type === 'refreshed')
      return void this.#refreshed(refreshedFrom(message.payload));
    if (message.type === 'error')
      return this.#error(new FanfareError(message.payload.code, message.payload.message));
    this.#deliver(message);
  }

  #deliver(message: Message): void {
    const { fresh, room } = this.#rooms.take(message);
    if (!fresh) return;
    let taken = room ? dispatch(room, message, this.#failed) : 0;
    taken += this.inbox.take(message) + this.#events.emit('message', message);
    const id = message.payload?.ack_id as unknown;
    if (taken > 0 && typeof id === 'string' && this.#settings.autoAck && this.#connected)
      this.ack(id).catch((error: FanfareError) => this.#error(error));
  }

  #expiring({ payload, timestamp }: Message<Expiring>): void {
    const connection = this.#connected;
    this.#renewal.expiring(payload, timestamp);
    if (this.#connected === connection) this.#events.emit('expiring', payload);
  }

  #gap(message: Message): void {
    const {
      room,
      payload: { reason, dropped, epoch, offset },
    } = message;
    const position = epoch !== undefined && offset !== undefined ? { epoch, offset } : undefined;
    this.#rooms.gap(room, position);
    this.#lost({
      reason,
      ...(room !== undefined && { room }),
      ...(dropped !== undefined && { dropped }),
      ...(position && { position }),
    });
  }

  #lost(info: GapInfo): void {
    tellGap(this.#rooms, info, this.#failed);
    this.#events.emit('gap', info);
    if (info.room === undefined || info.room === `user:${this.userId}`) this.inbox.stale();
  }

  #tell({ room, news }: Outcome['news'][number]): void {
    tell(room, news, this.#failed);
    if (news.gap) this.#lost(news.gap);
  }

  #joined(outcome: Outcome): void {
    const connection = this.#connected;
    const here = () => this.#connected === connection; // A handler may disconnect.
    for (const one of outcome.news) if (here()) this.#tell(one);
    for (const info of outcome.lost) if (here()) this.#lost(info);
    for (const { room, rejection } of outcome.rejected) {
      if (!here()) return;
      const error = new FanfareError(rejection.code, `${rejection.room}: ${rejection.message}`);
      for (const one of [...room.subscriptions])
        if (room.subscriptions.has(one)) guarded(this.#failed, one.rejected, error, rejection);
      this.#events.emit('rejected', rejection);
    }
    if (here()) this.#joiner.leave(outcome.leave.filter(name => !this.#rooms.get(name)));
  }

  readonly #failed = (cause: unknown): void =>
    this.#error(new FanfareError('handler_failed', `a handler threw: ${messageOf(cause)}`, { cause }));

  /** A handler's own mistake is never swallowed; what the network does is seen in the state, too. */
  #error(error: FanfareError): void {
    const nested = this.#tellingError;
    if (error.code === 'handler_failed' && (nested || !this.#events.has('error')))
      return queueMicrotask(() => {
        throw error.cause; // Nobody listens, or the listener itself has thrown.
      });
    this.#tellingError = true;
    this.#events.emit('error', error);
    this.#tellingError = nested;
  }
}
