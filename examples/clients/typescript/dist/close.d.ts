/** The rule of the server's close_code.hpp: whether a client that sees `code` should connect again. */
export declare function shouldReconnect(code: number): boolean;
/** The link broke, or was silent: nobody said why. */
export declare const abnormal = 1006;
/** That a server may ask for, in milliseconds. */
export declare const longestDelay: number;
/** The delay that a close reason such as `{"reason":"shutdown","delay_ms":1811}` names, and its text. */
export declare function readReason(reason: string): {
    text: string;
    delay?: number;
};
