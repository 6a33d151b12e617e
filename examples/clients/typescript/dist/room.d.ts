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
/** The ceilings of the delays of a room that is put off, in milliseconds, and what they are drawn by. */
export interface Delays {
    min: number;
    max: number;
    random?: (() => number) | undefined;
}
/** A room that the client is in or wants to be in. */
export declare class Room {
    #private;
    readonly name: string;
    readonly positions: PositionTracker;
    readonly subscriptions: Set<SubscribeOptions<Record<string, any>>>;
    /**
     * `wanted`: to be asked for. `token`: its subscription token is on its way. `asked`: the answer is. `refused`: until
     * the next connection.
     */
    phase: 'wanted' | 'token' | 'asked' | 'joined' | 'refused';
    /** For the next time that it is asked for; used once. */
    token: string | undefined;
    /** When a room that made others wait is asked for again, as performance.now() counts. */
    due: number;
    /** The server joins it on connecting: the user's own, or one that the credential names. */
    own: boolean;
    /** Its last wish was part of one that was refused as a whole: it must not spoil that of others again. */
    alone: boolean;
    constructor(name: string, { min, max, random }: Delays);
    /** It was not decided about in time, or its token did not come: it must not make other rooms wait again. */
    get slow(): boolean;
    /** Puts it off; answers whether it may be asked for once more. */
    postpone(): boolean;
    /** What was before says nothing any more. */
    begin(): void;
    /** Another user goes on: what the one before has used says nothing. */
    changeUser(): void;
    /** Where its token comes from: the token itself, or who is to be asked for it. */
    get tokenSource(): SubscribeOptions['token'];
    get lacksToken(): boolean;
    /** A new connection. What the server has joined itself needs no asking, unless something was missed. */
    greeted(own: boolean, position: Position | undefined): News | undefined;
    /** Whether the server may have let the client in, so that a resume token may bring it back. */
    get mayBeIn(): boolean;
    /** What to ask for, as the fields `since`, `last` and `tokens` of a `subscribe`. */
    wish(): {
        room: string;
        since?: Position;
        last?: number;
        token?: string;
    };
    asking(wish: {
        since?: Position;
        last?: number;
    }): void;
    /** The server has let the client in. */
    joined({ recovered, position }: Joined): News;
}
