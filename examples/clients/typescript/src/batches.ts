// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
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

const mostRooms = 64;
/** `texts` in pieces that fit into one message each. */
export function* pieces(texts: readonly string[], maxBytes: number): Iterable<string[]> {
  let some: string[] = [];
  let bytes = 256;
  for (const text of texts) {
    const more = JSON.stringify(text).length * 3; // at most so many bytes
    if (some.length && (bytes + more > maxBytes || some.length >= 1000)) {
      yield some;
      some = [];
      bytes = 256;
    }
    some.push(text);
    bytes += more;
  }
  if (some.length) yield some;
}

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;

/**
 * The first rooms of `wanted` that fit into one message: servers take no more than 8 KiB from a client. `foreign` are
 * rooms that only the resume token can bring back; they go with it.
 */
export function nextBatch(
  wanted: readonly Room[],
  foreign: readonly Room[],
  resume: string | undefined,
  maxBytes: number,
): { payload: SubscribePayload; rooms: Room[] } {
  const payload: SubscribePayload = { rooms: [] };
  const rooms: Room[] = [];
  let bytes = 128;
  const add = (room: Room, named: boolean) => {
    const wish = room.wish();
    bytes += bytesOf(wish) + bytesOf(room.name);
    const first = rooms.length === 0 && !resume;
    if (!first && bytes > maxBytes) return false;
    if (rooms.length && (rooms.length >= mostRooms || room.alone || rooms[0]!.alone)) return false;
    if (named) payload.rooms.push(room.name);
    if (wish.since) (payload.since ??= {})[room.name] = wish.since;
    if (named && wish.last) (payload.last ??= {})[room.name] = wish.last;
    if (named && wish.token) (payload.tokens ??= {})[room.name] = wish.token;
    room.asking(wish);
    rooms.push(room);
    return true;
  };
  if (resume) {
    payload.resume = resume;
    bytes += bytesOf(resume) + 12;
    for (const room of foreign) if (!add(room, false)) break;
  }
  for (const room of wanted) if (!add(room, true)) break;
  return { payload, rooms };
}
