// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import type { FanfareError } from './errors.js';
import type { TransportKind } from './types.js';

/** How a link ended. */
export interface LinkEnd {
  /** The close code, or 1006. */
  code: number;
  reason: string;
  /** The delay that the server asked for, in milliseconds. */
  delay?: number | undefined;
  /** The HTTP status of a refusal, where it can be seen: browsers do not show it for a WebSocket. */
  status?: number | undefined;
  /** Whether the refusal is this server's own, and not that of something in between. */
  fromServer?: boolean;
  error?: FanfareError | undefined;
}

export interface LinkEvents {
  /** One envelope, as text. */
  message(text: string): void;
  /** A sign of life that is no message. */
  life(): void;
  /** Once, and nothing comes after it. */
  ended(end: LinkEnd): void;
}

/** One connection to the server, from its opening to its end. */
export interface Transport {
  readonly kind: TransportKind;
  /** How many bytes wait to be sent. */
  readonly buffered: number;
  /** Takes one envelope; `id` is its request_id. */
  send(text: string, id?: string): void;
  /** The credential was replaced; from now on the new one goes with what is sent. */
  renewed(credential: Credential): void;
  /** Ends it; `ended` is not called any more. `dead`: there is no use in a closing handshake. */
  close(dead: boolean): void;
}

export interface Credential {
  ticket?: string | undefined;
  token?: string | undefined;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
