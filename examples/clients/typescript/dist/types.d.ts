import type { FanfareError } from './errors.js';
/** Up to where somebody has a room's stream. Offsets of another epoch say nothing. */
export interface Position {
    epoch: string;
    offset: number;
}
/** What the server sends, as it stands in the protocol. */
export interface Message<P = any> {
    type: string;
    room?: string;
    payload: P;
    timestamp: string;
    request_id?: string | number;
    offset?: number;
    epoch?: string;
    /** The publisher's trace, where it gave one: a `traceparent` of W3C Trace Context. */
    trace?: string;
}
/** The payload of `connected`. */
export interface Connected {
    connection_id: string;
    user_id: string;
    server_time: string;
    ping_interval_ms: number;
    resumable: boolean;
    resume_token?: string;
    positions?: Record<string, Position>;
}
/** The payload of `expiring`: when the credential of this connection ends, by the server's clock. */
export interface Expiring {
    expires_at: string;
}
/** The payload of `refreshed`: the connection goes on with another credential. */
export interface Refreshed {
    /** Absent: never. */
    expires_at?: string | null;
    /** Rooms that the new credential names and the old one did not; they are joined. */
    joined?: string[];
    /** Rooms that it does not name any more; they are left. */
    left?: string[];
    /** Of the joined rooms with history. */
    positions?: Record<string, Position>;
}
export interface Receipt {
    room: string;
    local_receivers: number;
    dispatched_to_cluster: boolean;
    nodes?: number;
    epoch?: string;
    offset?: number;
    duplicate?: boolean;
}
export interface HistoryPage<P = any> {
    room: string;
    epoch: string;
    offset: number;
    oldest: number;
    messages: Message<P>[];
    more: boolean;
}
export interface Presence {
    room: string;
    clients: {
        connection_id: string;
        user_id: string;
    }[];
    users: {
        user_id: string;
        connections: number;
    }[];
    client_count: number;
    user_count: number;
}
export type TransportKind = 'websocket' | 'sse';
/**
 * `idle`: not connected, and not trying. `connecting`: an attempt is under way. `connected`: the server has greeted.
 * `waiting`: for the next attempt. `closed`: it makes no sense to come back without a change; `connect()` tries anew.
 */
export type State = 'idle' | 'connecting' | 'connected' | 'waiting' | 'closed';
/** The state, and what belongs to it. */
export interface Status {
    readonly state: State;
    /** How many attempts have failed since the last connection that held. */
    readonly failures: number;
    /** `waiting`: when the next attempt begins, as `Date.now()` counts. */
    readonly nextAttempt?: number;
    /** `connected`: how. */
    readonly transport?: TransportKind;
    /** `waiting`, `closed`: the close code, where the connection was closed with one. */
    readonly code?: number;
    /** `waiting`, `closed`: why. */
    readonly reason?: string;
    /** `waiting`, `closed`: the error that the last attempt ended with. */
    readonly error?: FanfareError;
}
/** How a connection ended. */
export interface CloseInfo {
    code: number;
    reason: string;
    /** Whether the client comes back by itself. */
    reconnect: boolean;
    /** The delay that the server asked for, in milliseconds. */
    delay?: number;
}
/** A room was joined: for the first time, or again after a reconnect. */
export interface SubscribedInfo {
    room: string;
    first: boolean;
    /** After a reconnect: whether all that was missed follows. Absent where the room keeps no history. */
    recovered?: boolean;
    /** Where the stream is when what follows from the history has come. */
    position?: Position;
}
/** A room with history was joined again. */
export interface RecoveredInfo {
    room: string;
    recovered: boolean;
    position?: Position;
}
/**
 * Something is, or may be, missing here and will not come: load the state by other means. `slow_receiver`,
 * `history_lost` and `link_lost` are the server's. `not_recovered`: what was missed meanwhile is not kept any more.
 * `reconnected`: the client has no position, as in rooms without history; what was published meanwhile is lost.
 */
export interface GapInfo {
    room?: string;
    reason: 'slow_receiver' | 'history_lost' | 'link_lost' | 'not_recovered' | 'reconnected' | (string & {});
    dropped?: number;
    position?: Position;
}
export interface Rejection {
    room: string;
    code: string;
    message: string;
}
