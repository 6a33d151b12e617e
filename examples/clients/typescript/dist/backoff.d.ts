/**
 * Exponential backoff with full jitter: anything between nothing and a ceiling that doubles with each failure. The
 * jitter is what keeps a thousand clients of a restarted server from coming back in one moment.
 */
export declare class Backoff {
    #private;
    constructor(min: number, max: number, random?: () => number);
    /** How many delays were taken since the last success. */
    get failures(): number;
    /** What the next delay is below, in milliseconds. */
    get ceiling(): number;
    /** The delay before the next attempt, in milliseconds: `least` of its ceiling (0 to 1), or more. */
    next(least?: number): number;
    reset(): void;
}
