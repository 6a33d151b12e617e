import type { TransportKind } from './types.js';
/**
 * Which transports one attempt tries, in order. A WebSocket goes first. SSE comes right after it until a WebSocket has
 * ever worked; from then on only when three attempts in a row have failed, or a restart of the server would drive
 * everybody to SSE. What has worked where a WebSocket never did is tried first for a while.
 */
export declare class Route {
    #private;
    constructor(kinds: readonly TransportKind[], preferFor: number);
    next(now: number): TransportKind[];
    worked(kind: TransportKind, now: number): void;
    failed(): void;
    /** Another network, perhaps: nothing may block the WebSocket there, and what failed without it proves nothing. */
    networkChanged(): void;
    /** A new beginning: nothing is known. */
    forget(): void;
}
