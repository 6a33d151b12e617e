import { type Credential, type LinkEvents, type Transport } from './transport.js';
export interface SseOptions {
    fetch: typeof fetch;
    url: URL;
    credentials?: RequestInit['credentials'] | undefined;
    /** For one POST. */
    timeout: number;
}
/**
 * A stream of the server's envelopes, read with `fetch`: an EventSource can neither send a header nor show a status.
 * What the client says goes by POST, one after the other, so that its order is kept.
 */
export declare class SseTransport implements Transport {
    #private;
    readonly kind = "sse";
    constructor(options: SseOptions, { ticket, token }: Credential, events: LinkEvents);
    get buffered(): number;
    send(text: string, id?: string): void;
    renewed({ token }: Credential): void;
    close(): void;
}
