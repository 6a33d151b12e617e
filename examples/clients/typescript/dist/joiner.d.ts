import { FanfareError } from './errors.js';
import type { Outgoing } from './outgoing.js';
import type { Outcome } from './outcome.js';
import type { Rooms } from './rooms.js';
export interface JoinerHandlers {
    outcome(outcome: Outcome): void;
    /** The server does not answer, or nothing that makes sense. */
    deaf(error: FanfareError): void;
    error(error: FanfareError): void;
}
/**
 * Asks for the rooms that are wanted, one message after the other, until there are none; busy ones again, and those
 * that made others wait in messages of their own. Leaves what is not wanted any more.
 */
export declare class Joiner {
    #private;
    /** `tokenTimeout`: for a subscription token, in milliseconds. */
    constructor(rooms: Rooms, outgoing: Outgoing, handlers: JoinerHandlers, maxBytes: number, tokenTimeout: number);
    /** A new connection: the rooms come before all that waits. */
    start(): void;
    /** On a connection; what is wanted in one turn goes in one message. */
    join(): void;
    /** What is left in one turn goes in one message: a hundred would be too many at once for the server. */
    leave(names: readonly string[]): void;
    /** The connection is gone. */
    stop(): void;
}
