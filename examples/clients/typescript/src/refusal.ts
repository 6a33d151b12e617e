// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { abnormal, longestDelay } from './close.js';
import { FanfareError } from './errors.js';
import type { LinkEnd } from './transport.js';

const mostText = 64 * 1024;

/** The code and text of an `{"error":{"code","message"}}`, if the body is one. */
export async function readError(response: Response): Promise<{ code: string; message: string } | undefined> {
  const length = Number(response.headers.get('content-length') ?? 0);
  if (length > mostText) {
    await response.body?.cancel();
    return undefined;
  }
  const text = await response.text();
  try {
    const { code, message } = (JSON.parse(text) as { error: { code: unknown; message: unknown } }).error;
    return typeof code === 'string' ? { code, message: String(message) } : undefined;
  } catch {
    return undefined; // Somebody else's error page.
  }
}

/** The end of a link that an HTTP answer has refused. */
export async function refusal(response: Response): Promise<LinkEnd> {
  const { status } = response;
  const known = await readError(response);
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  const text = known?.message ?? `answered with ${status}`;
  return {
    code: abnormal,
    reason: known?.code ?? 'refused',
    status,
    fromServer: known !== undefined,
    delay: seconds >= 0 ? Math.min(seconds * 1000, longestDelay) : undefined,
    error: new FanfareError(known?.code ?? 'refused', text, { status }),
  };
}
