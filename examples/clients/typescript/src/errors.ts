// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

/**
 * What every rejected promise and every `error` event of this client carries. `code` is for programs: one of the
 * server's codes, or one of the client's own: `not_connected`, `queue_full`, `message_too_large`, `timed_out`,
 * `connection_lost`, `cannot_connect`, `refused`, `unauthorized`, `credential_failed`, `closed`, `bad_message`,
 * `handler_failed`, `invalid_argument`, `user_changed`.
 */
export class FanfareError extends Error {
  readonly code: string;
  /** The HTTP status, where one was seen. */
  readonly status: number | undefined;

  constructor(code: string, message: string, extra: { status?: number | undefined; cause?: unknown } = {}) {
    super(message, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.name = 'FanfareError';
    this.code = code;
    this.status = extra.status;
  }
}
