import type { Position } from './types.js';
/**
 * Up to where a client has one room's stream, and what it has beyond that. Offsets may jump without a loss, so holes
 * are not looked for: the server does that, and says so.
 */
export declare class PositionTracker {
    #private;
    /** Everything up to here is used, or known to be lost. */
    at: Position | undefined;
    /**
     * A new connection: what was missed is yet to come. The server may have joined the room by itself, and then live
     * messages come before; they must not move the position.
     */
    awaitMissed(): void;
    /** Where the caller knows to be, from an earlier life. */
    resumeAt(position: Position): void;
    /** What was missed follows: the position moves with it, or the connection would break in between unnoticed. */
    recovered(): void;
    /** The stream goes on after `position`, whatever was before; without one, after whatever comes first. */
    restart(position: Position | undefined): void;
    /** What lies up to `position` is lost, and the client was told. */
    skipTo(position: Position): void;
    /** Whether a message is new. What is new moves the position. */
    take({ epoch, offset }: Position): boolean;
}
