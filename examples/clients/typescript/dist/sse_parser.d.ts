export interface SseEvent {
    event: string;
    data: string;
}
export interface SseHandlers {
    event(event: SseEvent): void;
    /** The server asks for this delay before the next attempt. */
    retry(ms: number): void;
}
/** Reads a text/event-stream, in whatever pieces it comes. */
export declare class SseParser {
    #private;
    constructor(handlers: SseHandlers, maxLength: number);
    /** Throws RangeError when an event is longer than it may be. */
    push(text: string): void;
}
