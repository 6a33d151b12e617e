import type { Room } from './room.js';
import type { Position } from './types.js';
/** The payload of one `subscribe`. */
export interface SubscribePayload {
    rooms: string[];
    since?: Record<string, Position>;
    last?: Record<string, number>;
    resume?: string;
    tokens?: Record<string, string>;
}
/** `texts` in pieces that fit into one message each. */
export declare function pieces(texts: readonly string[], maxBytes: number): Iterable<string[]>;
/**
 * The first rooms of `wanted` that fit into one message: servers take no more than 8 KiB from a client. `foreign` are
 * rooms that only the resume token can bring back; they go with it.
 */
export declare function nextBatch(wanted: readonly Room[], foreign: readonly Room[], resume: string | undefined, maxBytes: number): {
    payload: SubscribePayload;
    rooms: Room[];
};
