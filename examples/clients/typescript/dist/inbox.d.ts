import type { Message } from './types.js';
export interface Counts {
    unread: number;
    unseen: number;
    /** Grows with every change of the user's inbox. */
    revision: number;
}
export interface Notification<D = any> {
    user_id: string;
    title: string;
    message: string;
    data?: D;
    /** From here on only where the server keeps an inbox. */
    id?: string;
    created_at?: string;
    seen_at?: string | null;
    read_at?: string | null;
    archived_at?: string | null;
    ack_id?: string;
}
export interface InboxPage<D = any> extends Counts {
    items: Notification<D>[];
    next_cursor: string | null;
}
export type InboxFilter = 'active' | 'all' | 'unread' | 'archived';
export type MarkAction = 'seen' | 'read' | 'unread' | 'archive' | 'unarchive';
/** What was marked: `ids`, or with `all` what has a lower revision and is not archived. */
export interface InboxChange extends Counts {
    action: MarkAction;
    ids?: string[];
    all?: boolean;
    changed: number;
    not_found?: string[];
    /** Marked by this client; otherwise by another of the user's devices, or by the application. */
    own: boolean;
}
/** Alerts that another device has dealt with. */
export interface Retraction {
    id?: string;
    ids?: string[];
    all?: boolean;
    revision?: number;
}
/** `retry`: again if the connection breaks before the answer, unless it is false. */
type Ask = (type: string, payload: object, retry?: boolean) => Promise<any>;
/** The user's stored notifications, and the counts that every device agrees on. */
export declare class Inbox {
    #private;
    constructor(ask: Ask, failed: (error: unknown) => void, maxBytes: number);
    /** Undefined until the server has told it, and where it keeps no inbox. */
    get badge(): Counts | undefined;
    onBadge(handler: (counts: Counts) => void): () => void;
    onNotification(handler: (notification: Notification, message: Message) => void): () => void;
    /** Something was marked, here or elsewhere. */
    onChanged(handler: (change: InboxChange) => void): () => void;
    onRetract(handler: (retraction: Retraction) => void): () => void;
    /** A list that is shown may be out of date, after a reconnect or a loss: ask for it again. */
    onStale(handler: () => void): () => void;
    list(options?: {
        filter?: InboxFilter;
        cursor?: string | null;
        limit?: number;
    }): Promise<InboxPage>;
    /**
     * Marks notifications, in as many messages as they need. Rejects with `not_found` if the user has none of them.
     * If the connection breaks before its answer `'all'` is not sent again but rejects with `connection_lost`: it would
     * also mark what has come meanwhile, and nobody has seen.
     */
    mark(action: MarkAction, ids: readonly string[] | 'all'): Promise<InboxChange>;
    archive(ids: readonly string[] | 'all'): Promise<InboxChange>;
}
export {};
