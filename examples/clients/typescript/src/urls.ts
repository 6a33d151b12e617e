// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { FanfareError } from './errors.js';

/** The address of one transport: `url` may be relative to the page, and of either scheme. */
function resolve(url: string, schemes: { plain: string; secure: string }): URL {
  const page = (globalThis as { location?: { href?: string } }).location?.href;
  let full: URL;
  try {
    full = new URL(url, page);
  } catch {
    throw new FanfareError(
      'invalid_argument',
      `not a URL${page ? '' : ' (outside of a page it must be absolute)'}: ${url}`,
    );
  }
  if (!/^(https?|wss?):$/.test(full.protocol))
    throw new FanfareError('invalid_argument', `neither http(s) nor ws(s): ${full.protocol}`);
  full.protocol = /^(https|wss):$/.test(full.protocol) ? schemes.secure : schemes.plain;
  full.hash = '';
  return full;
}

export function websocketUrl(url: string): URL {
  return resolve(url, { plain: 'ws:', secure: 'wss:' });
}

/** Beside `.../ws` lies `.../sse`, with the same query; anything else has to be named. */
export function sseUrl(url: string, named?: string): URL {
  const full = resolve(named ?? url, { plain: 'http:', secure: 'https:' });
  if (named === undefined) full.pathname = full.pathname.replace(/\/ws\/?$/, '/sse');
  return full;
}

export function withTicket(url: URL, ticket: string | undefined): string {
  const full = new URL(url);
  if (ticket !== undefined) full.searchParams.set('ticket', ticket);
  return full.href;
}
