type Handler<A> = (argument: A) => void;
/** Who wants to hear what. A handler that throws never keeps the others from hearing it. */
export declare class Emitter<Events extends object> {
    #private;
    constructor(failed: (error: unknown) => void);
    on<K extends keyof Events>(event: K, handler: Handler<Events[K]>): () => void;
    /** Answers how many handlers took it without throwing. */
    emit<K extends keyof Events>(event: K, argument: Events[K]): number;
    has(event: keyof Events): boolean;
}
/** Calls `handler`, if there is one; answers 1 if it returned. */
export declare function guarded<A extends unknown[]>(failed: (error: unknown) => void, handler: ((...args: A) => void) | undefined, ...args: A): 0 | 1;
export {};
