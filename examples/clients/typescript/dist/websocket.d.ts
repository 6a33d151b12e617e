import { type Credential, type LinkEvents, type Transport } from './transport.js';
/** What the client needs of a WebSocket: the browsers', Node's own, and the one of the package `ws` have it. */
export interface WebSocketLike {
    readonly readyState: number;
    readonly bufferedAmount: number;
    onmessage: ((event: any) => void) | null;
    onclose: ((event: any) => void) | null;
    onerror: ((event: any) => void) | null;
    send(text: string): void;
    close(code?: number, reason?: string): void;
    /** Only `ws` can end a connection without waiting for the other side. */
    terminate?(): void;
}
export type WebSocketConstructor = new (url: string, protocols?: string[]) => WebSocketLike;
export declare class WebSocketTransport implements Transport {
    #private;
    readonly kind = "websocket";
    /** `tokenQuery`: the query parameter in which the token goes, in place of the subprotocol. */
    constructor(make: WebSocketConstructor, url: URL, { ticket, token }: Credential, events: LinkEvents, tokenQuery?: string);
    get buffered(): number;
    send(text: string): void;
    close(dead: boolean): void;
    renewed(): void;
}
