// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { faultOfRoomToken } from './credential.js';
import { FanfareError } from './errors.js';
import type { GapInfo, Message, Position, RecoveredInfo, Rejection, SubscribedInfo } from './types.js';

/** A message of one of the types: `if (message.type === ...)` tells which payload it has. */
export type MessageOf<Types extends object> = {
  [K in keyof Types & string]: Message<Types[K]> & { type: K };
}[keyof Types & string];

/** `Types` maps the room's message types to their payloads. */
export interface SubscribeOptions<Types extends object = Record<string, any>> {
  /** The newest so many messages first. Counts when the room is joined, so for its first subscription only. */
  last?: number;
  /** Where the caller has the stream, from `subscription.position` of an earlier page. */
  since?: Position;
  /**
   * The subscription token of the room, for a server whose rooms need one; a function is asked for a fresh one each
   * time the room is joined. What it throws is tried again a few times, then the room is rejected as
   * `credential_failed`; at once after a FanfareError `unauthorized`. Of several subscriptions of one room the first
   * that has a token gives it.
   */
  token?: string | ((context: { room: string; signal: AbortSignal }) => string | Promise<string>);
  /** By type of message. */
  on?: { [K in keyof Types]?: (payload: Types[K], message: Message<Types[K]>) => void };
  /** Every message of the room. */
  message?: (message: MessageOf<Types>) => void;
  /** Joined; told at once where another subscription is in the room already. */
  subscribed?: (info: SubscribedInfo) => void;
  recovered?: (info: RecoveredInfo) => void;
  gap?: (info: GapInfo) => void;
  /** The server does not let the client in. It is asked again after the next reconnect. */
  rejected?: (error: FanfareError, rejection: Rejection) => void;
}

/** One interest in one room. The room is left when its last subscription has gone. */
export interface Subscription {
  readonly room: string;
  /** Whether the server has let the client in, on this connection. */
  readonly joined: boolean;
  /** To survive a reload of the page: keep it where the page's state is kept, and give it back as `since`. */
  readonly position: Position | undefined;
  unsubscribe(): void;
}

/** What the server would refuse together with the wishes that go in the same message. */
export function checkWish(
  room: unknown,
  { last, since, token }: { last?: unknown; since?: unknown; token?: unknown },
): void {
  const natural = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const bad = (what: string) => {
    throw new FanfareError('invalid_argument', `subscribe: ${what}`);
  };
  if (typeof room !== 'string' || !room || /\p{Surrogate}/u.test(room)) bad('the room must be a text, and not empty');
  if (last !== undefined && !natural(last)) bad('last must be a whole number, zero or more');
  const fault = token === undefined || typeof token === 'function' ? undefined : faultOfRoomToken(token);
  if (fault) bad(fault);
  if (since === undefined || since === null) return;
  const { epoch, offset } = since as { epoch?: unknown; offset?: unknown };
  if (typeof epoch !== 'string' || !/^[0-9a-f]{16}$/.test(epoch) || !natural(offset))
    bad('since must be a position: {epoch: 16 hexadecimal digits, offset: a whole number}');
}
