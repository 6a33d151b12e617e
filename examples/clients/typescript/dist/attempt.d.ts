import { FanfareError } from './errors.js';
import type { Settings } from './options.js';
import type { LinkEnd, LinkEvents, Transport } from './transport.js';
import type { Message, TransportKind } from './types.js';
/** A link that the server has greeted. */
export interface Greeted {
    transport: Transport;
    message: Message;
}
export interface AttemptEvents extends LinkEvents {
    greeted(link: Greeted): void;
    /** One transport has failed, and the next one is tried. */
    failed(error: FanfareError): void;
}
/** Opens one transport after the other, with a fresh credential each, until the server greets over one. */
export declare class Attempt {
    #private;
    constructor(url: string, settings: Settings);
    /**
     * Never rejects. What follows the greeting goes to `events`, which is told of the greeting in the same turn, or
     * messages that arrive in one piece with it would be lost.
     */
    run(kinds: readonly TransportKind[], events: AttemptEvents, signal: AbortSignal): Promise<LinkEnd | undefined>;
}
