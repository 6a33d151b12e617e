import { type SubscribePayload } from './batches.js';
import { type Outcome, type Subscribed } from './outcome.js';
import { Room, type Delays } from './room.js';
import type { SubscribeOptions } from './subscription.js';
import type { Connected, Message, Position, Refreshed, Rejection } from './types.js';
/** All rooms of a client, over all its connections. Does no I/O: it says what to send, and is told what came. */
export declare class Rooms {
    #private;
    /** `delays`: of rooms that are put off. */
    constructor(delays?: Delays);
    get(name: string): Room | undefined;
    [Symbol.iterator](): IterableIterator<Room>;
    /** Answers whether the server has to be asked. */
    add(name: string, options: SubscribeOptions): {
        room: Room;
        ask: boolean;
    };
    /** Answers whether the room is to be left. */
    remove(room: Room, options: SubscribeOptions, connected: boolean): boolean;
    leaving(name: string): void;
    /** `told`: the server knows. Otherwise it may bring the room back, and what comes from it is nobody's. */
    hasLeft(name: string, told: boolean): void;
    /** The next connection is another user's: only the wishes stay. */
    changeUser(): void;
    /** A new connection: what the server has joined by itself, and what is to be asked for. */
    greeted(connected: Connected, resume: boolean): Pick<Outcome, 'news' | 'lost'>;
    /**
     * Another credential has taken the place of the first one: what the server has joined and left with it. `ask`: there
     * is something to ask for. A room that is left and has subscriptions is asked for like any other.
     */
    refreshed({ joined, left, positions }: Refreshed): {
        news: Outcome['news'];
        ask: boolean;
    };
    /** Up to `most` rooms that wait for nothing but their token; it is on its way from now on. */
    tokenless(most: number): Room[];
    /** Its token has come. */
    hasToken(room: Room, token: string): void;
    /** It has not. `forGood`: nor will it. */
    noToken(room: Room, { code, message }: Omit<Rejection, 'room'>, forGood: boolean): Outcome;
    /** When the first of the rooms that were put off is due, as performance.now() counts. */
    get due(): number | undefined;
    /** The next `subscribe` for rooms that were put off and are due, apart from all others. */
    nextSlow(maxBytes: number): {
        payload: SubscribePayload;
        rooms: Room[];
    } | undefined;
    /** The next `subscribe` to send, and its rooms; nothing if there is no more to ask for. */
    next(maxBytes: number): {
        payload: SubscribePayload;
        rooms: Room[];
    } | undefined;
    /** What the answer to a `subscribe` for `asked` means. */
    answered(asked: readonly Room[], answer: Subscribed): Outcome;
    /** The whole `subscribe` was refused. `again`: for now. */
    failed(asked: readonly Room[], rejection: Omit<Rejection, 'room'>, again: boolean): Outcome;
    /** Whether a message is new, and whose it is. */
    take(message: Message): {
        fresh: boolean;
        room?: Room;
    };
    /** A `gap` that names a position moves the stream there. */
    gap(name: string | undefined, position: Position | undefined): void;
}
