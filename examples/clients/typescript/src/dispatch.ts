// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { guarded } from './emitter.js';
import type { News, Room } from './room.js';
import type { Rooms } from './rooms.js';
import type { GapInfo, Message } from './types.js';

type Failed = (error: unknown) => void;

/** A message to all subscriptions of its room; answers how many handlers have taken it. */
export function dispatch(room: Room, message: Message, failed: Failed): number {
  let taken = 0;
  for (const one of [...room.subscriptions]) {
    const handlers = one.on;
    const handler = handlers && Object.hasOwn(handlers, message.type) ? handlers[message.type] : undefined;
    if (room.subscriptions.has(one)) taken += guarded(failed, handler, message.payload, message);
    if (room.subscriptions.has(one)) taken += guarded(failed, one.message, message); // A handler may unsubscribe.
  }
  return taken;
}

/** That a room was joined, and whether what was missed follows. The gap is another matter. */
export function tell(room: Room, news: News, failed: Failed): void {
  for (const one of [...room.subscriptions]) {
    if (room.subscriptions.has(one)) guarded(failed, one.subscribed, news.subscribed);
    if (news.recovered && room.subscriptions.has(one)) guarded(failed, one.recovered, news.recovered);
  }
}

/** Without a room it is about messages to everybody. */
export function tellGap(rooms: Rooms, info: GapInfo, failed: Failed): void {
  const concerned = info.room === undefined ? [...rooms] : [rooms.get(info.room)];
  for (const room of concerned)
    for (const one of [...(room?.subscriptions ?? [])])
      if (room!.subscriptions.has(one)) guarded(failed, one.gap, info);
}
