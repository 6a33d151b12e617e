/** Calls `wake` when the network is back or the page is shown again. Where there is no page, it never does. */
export declare function onWakeup(wake: (why: 'online' | 'visible') => void): () => void;
