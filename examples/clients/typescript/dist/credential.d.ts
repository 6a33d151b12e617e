import { type Credential } from './transport.js';
/** A function of the application that answers a credential, or a promise of one. */
export type Source<Context> = (context: Context) => string | Promise<string>;
/** What opens the door. */
export interface Sources {
    ticket?: Source<{
        signal: AbortSignal;
    }>;
    token?: Source<{
        signal: AbortSignal;
    }>;
    connectTimeout: number;
}
/**
 * Asks `source`, for `ms` at most. Throws a FanfareError: `unauthorized` if the source says so, else
 * `credential_failed`, whose text never has the credential in it.
 */
export declare function ask<Context extends {
    signal: AbortSignal;
}>(what: string, source: Source<Context>, context: Context, ms: number): Promise<string>;
/** For an attempt to connect: all that there are. */
export declare function credentialFor({ ticket, token, connectTimeout }: Sources, signal: AbortSignal): Promise<Credential>;
/** For a `refresh`, which takes one: the token, if there are both. */
export declare function renewedCredential({ ticket, token, connectTimeout }: Sources, signal: AbortSignal): Promise<{
    token: string;
    ticket?: never;
} | {
    ticket: string;
    token?: never;
}>;
/** What speaks against a subscription token, if anything does. */
export declare function faultOfRoomToken(token: unknown): string | undefined;
