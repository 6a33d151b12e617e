import { PositionTracker } from './positions.js';
import type { SubscribeOptions } from './subscription.js';
import type { GapInfo, Position, RecoveredInfo, SubscribedInfo } from './types.js';
/** What an answer to `subscribe` says about one room. */
export interface Joined {
    recovered: boolean | undefined;
    position: Position | undefined;
}
/** What to tell the subscriptions of a room. */
export interface News {
    subscribed: SubscribedInfo;
    recovered?: RecoveredInfo;
    gap?: GapInfo;
}
/** A room that the client is in or wants to be in. */
export declare class Room {
    #private;
    readonly name: string;
    readonly positions: PositionTracker;
    readonly subscriptions: Set<SubscribeOptions<Record<string, any>>>;
    /** `wanted`: to be asked for. `asked`: the answer is on its way. `refused`: until the next connection. */
    phase: 'wanted' | 'asked' | 'joined' | 'refused';
    /** The server joins it on connecting: the user's own, or one that the credential names. */
    own: boolean;
    /** Its last wish was part of one that was refused as a whole: it must not spoil that of others again. */
    alone: boolean;
    constructor(name: string);
    /** A new connection. What the server has joined itself needs no asking, unless something was missed. */
    greeted(own: boolean, position: Position | undefined): News | undefined;
    /** Whether the server may have let the client in, so that a resume token may bring it back. */
    get mayBeIn(): boolean;
    /** What to ask for, as the fields `since` and `last` of a `subscribe`. */
    wish(): {
        room: string;
        since?: Position;
        last?: number;
    };
    asking(wish: {
        since?: Position;
        last?: number;
    }): void;
    /** The server has let the client in. */
    joined({ recovered, position }: Joined): News;
}
