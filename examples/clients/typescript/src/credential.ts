// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { FanfareError } from './errors.js';
import { within } from './timing.js';
import { messageOf, type Credential } from './transport.js';

/** A function of the application that answers a credential, or a promise of one. */
export type Source<Context> = (context: Context) => string | Promise<string>;

/** What opens the door. */
export interface Sources {
  ticket?: Source<{ signal: AbortSignal }>;
  token?: Source<{ signal: AbortSignal }>;
  connectTimeout: number;
}

/** How long the server takes a subscription token to be, in bytes. */
const longestToken = 8192;

/**
 * Asks `source`, for `ms` at most. Throws a FanfareError: `unauthorized` if the source says so, else
 * `credential_failed`, whose text never has the credential in it.
 */
export async function ask<Context extends { signal: AbortSignal }>(
  what: string,
  source: Source<Context>,
  context: Context,
  ms: number,
): Promise<string> {
  try {
    const value = await within(Promise.resolve(source(context)), ms, context.signal, 'it took too long');
    if (typeof value !== 'string' || !value) throw new Error('it is no text');
    return value;
  } catch (error) {
    if (error instanceof FanfareError && error.code === 'unauthorized') throw error;
    throw new FanfareError('credential_failed', `no ${what}: ${messageOf(error)}`, { cause: error });
  }
}

/** For an attempt to connect: all that there are. */
export async function credentialFor({ ticket, token, connectTimeout }: Sources, signal: AbortSignal) {
  const credential: Credential = {};
  if (ticket) credential.ticket = await ask('ticket', ticket, { signal }, connectTimeout);
  if (token) credential.token = await ask('token', token, { signal }, connectTimeout);
  return credential;
}

/** For a `refresh`, which takes one: the token, if there are both. */
export async function renewedCredential({ ticket, token, connectTimeout }: Sources, signal: AbortSignal) {
  if (token) return { token: await ask('token', token, { signal }, connectTimeout) };
  if (ticket) return { ticket: await ask('ticket', ticket, { signal }, connectTimeout) };
  throw new FanfareError('credential_failed', 'there is neither a ticket nor a token function to ask');
}

/** What speaks against a subscription token, if anything does. */
export function faultOfRoomToken(token: unknown): string | undefined {
  const good = typeof token === 'string' && token && new TextEncoder().encode(token).length <= longestToken;
  return good ? undefined : `the token must be a text of 1 to ${longestToken} bytes`;
}
