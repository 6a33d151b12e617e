import type { TransportKind } from './types.js';
import type { WebSocketConstructor } from './websocket.js';
/** All times are in milliseconds. */
export interface ClientOptions {
    /**
     * A one-time ticket, asked for anew at each attempt; it goes as `?ticket=`. What it throws is a failed attempt;
     * a FanfareError with the code `unauthorized` ends the attempts (state `closed`). `signal` says that nobody waits for
     * it any more: it has taken longer than `connectTimeout`, or the attempt or the connection is over.
     */
    ticket?: (context: {
        signal: AbortSignal;
    }) => string | Promise<string>;
    /**
     * A bearer token, such as a JWT, asked for anew at each attempt, and when the server says that the last one is about
     * to expire. It goes as the subprotocol `fanfare.token.TOKEN`, over SSE as `Authorization: Bearer TOKEN`.
     */
    token?: (context: {
        signal: AbortSignal;
    }) => string | Promise<string>;
    /**
     * The query parameter in which the token goes over WebSocket, in place of the subprotocol: for proxies that take
     * subprotocols away. URLs are written to logs; the token is then there to be read as long as it is good.
     */
    tokenQuery?: string;
    /** Which to use, the wished one first. */
    transports?: TransportKind[];
    /** Where the SSE endpoint is, if it is not beside `.../ws` as `.../sse`. */
    sseUrl?: string;
    /** For Node 20, which has none: that of the package `ws`. */
    WebSocket?: WebSocketConstructor;
    fetch?: typeof fetch;
    /** Of the requests of SSE; `include` sends cookies to another origin. */
    credentials?: NonNullable<RequestInit['credentials']>;
    /**
     * The ceiling of the first delay (1 s), and of all (30 s). Each delay is random below it, after a 401 and between
     * attempts to refresh in its upper half. So are those of a room that is put off.
     */
    backoff?: {
        min?: number;
        max?: number;
    };
    /** For the credential, and then for each transport until the server has greeted (10 s). */
    connectTimeout?: number;
    /** For the answer to a request, the time in the queue included (10 s). */
    requestTimeout?: number;
    /** How long the server may be silent before it is asked (half of its own interval, 25 s at most). */
    pingInterval?: number;
    /** How long it may take to answer (10 s). */
    pongTimeout?: number;
    /** How long SSE is preferred after a WebSocket could not be opened (5 min). */
    preferSseFor?: number;
    /** How many messages may wait to be sent (64), and how many bytes (256 KiB). More is refused with `queue_full`. */
    maxQueue?: number;
    maxQueueBytes?: number;
    /** What the server takes in one message (8 KiB). More is refused with `message_too_large`. */
    maxMessageBytes?: number;
    /** Whether to bring back rooms that the application has joined on the server (yes). */
    resume?: boolean;
    /** Whether to confirm what has an `ack_id` when a handler has taken it (yes). Otherwise: `client.ack(id)`. */
    autoAck?: boolean;
    /** For tests. */
    random?: () => number;
}
export declare const defaults: {
    transports: TransportKind[];
    connectTimeout: number;
    requestTimeout: number;
    pongTimeout: number;
    preferSseFor: number;
    maxQueue: number;
    maxQueueBytes: number;
    maxMessageBytes: number;
    resume: boolean;
    autoAck: boolean;
};
export type Settings = Omit<ClientOptions, keyof typeof defaults | 'backoff'> & typeof defaults & {
    backoff: {
        min: number;
        max: number;
    };
};
/** The options with what they leave out. Throws where they make no sense. */
export declare function settingsFrom(options: ClientOptions): Settings;
