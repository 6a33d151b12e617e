import { FanfareError } from './errors.js';
import type { Settings } from './options.js';
import type { Credential } from './transport.js';
import type { Expiring, Refreshed } from './types.js';
export interface RenewalHandlers {
    /** Sends a `refresh` on the connection; answers what the server said, or rejects with a FanfareError. */
    send(credential: Credential): Promise<Refreshed>;
    error(error: FanfareError): void;
}
/** The payload of a `refreshed`. Throws where it makes no sense. */
export declare function refreshedFrom(payload: unknown): Refreshed;
/**
 * Replaces the credential of a live connection when the server says that it is about to expire. Attempts that fail are
 * made again until shortly before the end; then the connection expires, and the next one begins with a fresh
 * credential.
 */
export declare class Renewal {
    #private;
    constructor(settings: Settings, handlers: RenewalHandlers);
    /** A new connection. */
    start(): void;
    /** The connection is gone: nothing is asked for any more. */
    stop(): void;
    /** The server has said so at `timestamp`, by its own clock. Throws where that makes no sense. */
    expiring({ expires_at }: Expiring, timestamp: string): void;
    /** Asks for a fresh credential and sends it. One at a time: who asks meanwhile gets the answer of that one. */
    refresh(): Promise<Refreshed>;
}
