// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import type { News, Room } from './room.js';
import type { GapInfo, Position, Rejection } from './types.js';

/** The payload of `subscribed`. */
export interface Subscribed {
  rooms: string[];
  rejected?: Rejection[];
  recovered?: Record<string, { recovered: boolean }>;
  positions?: Record<string, Position>;
  resumed?: boolean;
}

/** What an answer means: whom to tell what, and what to ask for again or to leave. */
export interface Outcome {
  news: { room: Room; news: News }[];
  rejected: { room: Room; rejection: Rejection }[];
  lost: GapInfo[];
  leave: string[];
  again: boolean;
}

export const nothing = (): Outcome => ({ news: [], rejected: [], lost: [], leave: [], again: false });
