export declare function websocketUrl(url: string): URL;
/** Beside `.../ws` lies `.../sse`, with the same query; anything else has to be named. */
export declare function sseUrl(url: string, named?: string): URL;
export declare function withTicket(url: URL, ticket: string | undefined): string;
