// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { abnormal, shouldReconnect } from './close.js';
import type { LinkEnd } from './transport.js';

/** `refused`: the credential was not good; another one may be. */
export type Verdict = 'again' | 'never' | 'refused';

/** Whether to come back after a link has ended, or could not be made. */
export function verdictOn(end: LinkEnd): Verdict {
  // Without a status it is the credential function that says so.
  if (end.error?.code === 'unauthorized' && end.status === undefined) return 'never';
  if (end.status === 401) return 'refused';
  if (end.status === 431) return 'never'; // The token is too long, also for a proxy that says so.
  if (end.fromServer && (end.status === 400 || end.status === 403)) return 'never';
  return end.code === abnormal || shouldReconnect(end.code) ? 'again' : 'never';
}
