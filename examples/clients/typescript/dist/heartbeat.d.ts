export interface HeartbeatOptions {
    /** How long the other side may be silent before it is asked. */
    silence: number;
    /** How long it may take to answer. */
    patience: number;
    ask(): void;
    dead(): void;
}
/** Notices that a link is dead though nothing says so: asks after a silence, and waits so long for any sign of life. */
export declare class Heartbeat {
    #private;
    constructor(options: HeartbeatOptions);
    life(): void;
    /** Asks at once: the page was asleep, or the network was away. */
    check(): void;
    stop(): void;
}
