import { FanfareError } from './errors.js';
import type { Message } from './types.js';
export interface OutgoingLimits {
    maxQueue: number;
    maxQueueBytes: number;
    maxMessageBytes: number;
}
export interface OutgoingMessage {
    type: string;
    room?: string;
    payload?: unknown;
    trace?: string;
}
export interface RequestOptions {
    timeout: number;
    /** Send it again on the next connection if this one breaks before the answer: only for what may be done twice. */
    retry: boolean;
    /** Only on this connection: it is neither queued nor sent again, and goes before what waits. */
    urgent?: boolean;
    /** Called as the answer arrives, before the next message is looked at. An error without an answer is the client's. */
    settled(error: FanfareError | undefined, answer: Message | undefined): void;
}
/** What waits to be sent, and what waits for its answer. Bounded: what does not fit is refused. */
export declare class Outgoing {
    #private;
    /** `transmit` answers whether the link took it. */
    constructor(limits: OutgoingLimits, transmit: (text: string, id?: string, urgent?: boolean) => boolean);
    get queued(): number;
    /** Throws what speaks against it. */
    send(message: OutgoingMessage): void;
    request(message: OutgoingMessage, options: RequestOptions): void;
    /** Sends what the link takes. */
    flush(): void;
    /** Whether `message` was an answer. */
    answer(message: Message): boolean;
    /** The link is gone: what may be sent twice waits for the next one, the rest fails. */
    linkLost(): void;
    /** Everything that waits fails. */
    clear(error: FanfareError): void;
}
