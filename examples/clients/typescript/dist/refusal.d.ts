import type { LinkEnd } from './transport.js';
/** The code and text of an `{"error":{"code","message"}}`, if the body is one. */
export declare function readError(response: Response): Promise<{
    code: string;
    message: string;
} | undefined>;
/** The end of a link that an HTTP answer has refused. */
export declare function refusal(response: Response): Promise<LinkEnd>;
