import type { FanfareError } from './errors.js';
import type { Settings } from './options.js';
import type { Transport } from './transport.js';
import type { CloseInfo, Connected, Status } from './types.js';
export interface LinkHandlers {
    status(status: Status): void;
    connected(payload: Connected): void;
    message(text: string): void;
    /** A connection that was there is gone; nobody has been told yet. */
    released(): void;
    /** Everybody may be told. */
    lost(info: CloseInfo): void;
    error(error: FanfareError): void;
}
/** Keeps one connection to the server, whatever happens to it: the state machine of attempts, delays and ends. */
export declare class Link {
    #private;
    constructor(url: string, settings: Settings, handlers: LinkHandlers);
    get status(): Status;
    get transport(): Transport | undefined;
    get greeting(): Connected | undefined;
    start(): void;
    stop(): void;
    /** Ends a link that is of no use any more, and makes a new one. */
    drop(error: FanfareError): void;
    life(): void;
}
