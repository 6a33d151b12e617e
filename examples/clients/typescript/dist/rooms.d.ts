import { type SubscribePayload } from './batches.js';
import { Room, type News } from './room.js';
import type { SubscribeOptions } from './subscription.js';
import type { Connected, GapInfo, Message, Position, Rejection } from './types.js';
/** The payload of `subscribed`. */
export interface Subscribed {
    rooms: string[];
    rejected?: Rejection[];
    recovered?: Record<string, {
        recovered: boolean;
    }>;
    positions?: Record<string, Position>;
    resumed?: boolean;
}
/** What an answer means: whom to tell what, and what to ask for again or to leave. */
export interface Outcome {
    news: {
        room: Room;
        news: News;
    }[];
    rejected: {
        room: Room;
        rejection: Rejection;
    }[];
    lost: GapInfo[];
    leave: string[];
    again: boolean;
}
/** All rooms of a client, over all its connections. Does no I/O: it says what to send, and is told what came. */
export declare class Rooms {
    #private;
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
    /** A new connection: what the server has joined by itself, and what is to be asked for. */
    greeted(connected: Connected, resume: boolean): Pick<Outcome, 'news' | 'lost'>;
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
