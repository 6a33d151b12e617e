import type { News, Room } from './room.js';
import type { Rooms } from './rooms.js';
import type { GapInfo, Message } from './types.js';
type Failed = (error: unknown) => void;
/** A message to all subscriptions of its room; answers how many handlers have taken it. */
export declare function dispatch(room: Room, message: Message, failed: Failed): number;
/** That a room was joined, and whether what was missed follows. The gap is another matter. */
export declare function tell(room: Room, news: News, failed: Failed): void;
/** Without a room it is about messages to everybody. */
export declare function tellGap(rooms: Rooms, info: GapInfo, failed: Failed): void;
export {};
