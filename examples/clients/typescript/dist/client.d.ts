import { FanfareError } from './errors.js';
import { Inbox } from './inbox.js';
import { type ClientOptions } from './options.js';
import { type SubscribeOptions, type Subscription } from './subscription.js';
import type { CloseInfo, Connected, Expiring, GapInfo, HistoryPage, Message, Position, Presence, Receipt, Refreshed, Rejection, State, Status, TransportKind } from './types.js';
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
/** One user's connection to a Fanfare server: kept up, with its rooms, until `disconnect()`. */
export declare class FanfareClient {
    #private;
    readonly inbox: Inbox;
    /** `url` is that of the WebSocket: absolute or relative to the page, http(s) or ws(s). `connect()` begins. */
    constructor(url: string, options?: ClientOptions);
    /** Begins, and keeps on. Does nothing while it is already trying. */
    connect(): void;
    /** Ends everything: no timer, listener or open promise is left. Subscriptions stay, for another `connect()`. */
    disconnect(): void;
    get state(): State;
    get status(): Status;
    get connectionId(): string | undefined;
    get userId(): string | undefined;
    get transport(): TransportKind | undefined;
    /** How many messages wait to be sent. */
    get queued(): number;
    /** Called at each change; `client.state` is what it is now. */
    onState(handler: (state: State, status: Status) => void): () => void;
    on<K extends keyof ClientEvents>(event: K, handler: (argument: ClientEvents[K]) => void): () => void;
    /** At any time; the room is joined when there is a connection, and again on every later one. */
    subscribe<Types extends object = Record<string, any>>(name: string, options?: SubscribeOptions<Types>): Subscription;
    /**
     * Answers when the server has stored and sent it. With an `idempotencyKey` it is sent again if the connection breaks
     * before the answer; without one that is the error `connection_lost`, and nobody knows whether it was published.
     * `trace`, a `traceparent` of W3C Trace Context, goes to the receivers with the message.
     */
    publish(room: string, type: string, payload?: unknown, options?: RequestTiming & {
        idempotencyKey?: string;
        trace?: string;
    }): Promise<Receipt>;
    /** Asks the application; answers the payload of its answer. `retry`: again if the connection breaks before it. */
    request<A = any>(type: string, payload?: unknown, options?: RequestTiming & {
        retry?: boolean;
    }): Promise<A>;
    /** Sends without waiting for an answer. Throws when it cannot be taken, as when the queue is full. */
    send(type: string, payload?: unknown): void;
    /** A page of a room's history. `since`: what is after it, or with `order: 'newest'` before it. */
    history<P = any>(room: string, options?: {
        limit?: number;
        order?: 'oldest' | 'newest';
        since?: Position;
    } & RequestTiming): Promise<HistoryPage<P>>;
    presence(room: string, options?: {
        limit?: number;
    } & RequestTiming): Promise<Presence>;
    /**
     * Asks for a fresh credential and replaces that of the connection by it; the client does so by itself when the server
     * says that it is about to expire. Rejects with `credential_failed`, `not_connected`, or what the server says.
     */
    refresh(): Promise<Refreshed>;
    /** Confirms a message that has an `ack_id`. */
    ack(id: string): Promise<void>;
}
