/**
 * Exponential backoff with full jitter: anything between nothing and a ceiling that doubles with each failure. The
 * jitter is what keeps a thousand clients of a restarted server from coming back in one moment.
 */
export declare class Backoff {
    #private;
    constructor(min: number, max: number, random?: () => number);
    /** How many delays were taken since the last success. */
    get failures(): number;
    /** The delay before the next attempt, in milliseconds. */
    next(): number;
    reset(): void;
}
