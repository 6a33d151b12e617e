export type Timer = ReturnType<typeof setTimeout>;
/** A timer also for what setTimeout takes as one millisecond, because it is too long: Infinity, say. */
export declare function after(ms: number, run: () => void): Timer;
/** `promise`, or an error after `ms` or when `signal` says so; no timer and no listener is left behind. */
export declare function within<T>(promise: Promise<T>, ms: number, signal: AbortSignal, late: string): Promise<T>;
