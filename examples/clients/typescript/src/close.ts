// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

/** The rule of the server's close_code.hpp: whether a client that sees `code` should connect again. */
export function shouldReconnect(code: number): boolean {
  return (code >= 3000 && code < 3500) || [1001, 1005, 1006, 1011, 1012, 1013].includes(code);
}

/** The link broke, or was silent: nobody said why. */
export const abnormal = 1006;

/** That a server may ask for, in milliseconds. */
export const longestDelay = 10 * 60_000;

/** The delay that a close reason such as `{"reason":"shutdown","delay_ms":1811}` names, and its text. */
export function readReason(reason: string): { text: string; delay?: number } {
  if (!reason.startsWith('{')) return { text: reason };
  let parsed: { reason?: unknown; delay_ms?: unknown };
  try {
    parsed = JSON.parse(reason) as typeof parsed;
  } catch {
    return { text: reason }; // Any text may be a reason, also one that only looks like JSON.
  }
  const text = typeof parsed.reason === 'string' ? parsed.reason : reason;
  const delay = parsed.delay_ms;
  if (typeof delay !== 'number' || !(delay >= 0)) return { text };
  return { text, delay: Math.min(delay, longestDelay) };
}
