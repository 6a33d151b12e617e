export { FanfareClient, type ClientEvents, type RequestTiming } from './client.js';
export { FanfareError } from './errors.js';
export { shouldReconnect } from './close.js';
export type { Counts, Inbox, InboxChange, InboxFilter, InboxPage, MarkAction, Notification, Retraction, } from './inbox.js';
export type { ClientOptions } from './options.js';
export type { MessageOf, SubscribeOptions, Subscription } from './subscription.js';
export type { CloseInfo, Connected, Expiring, GapInfo, HistoryPage, Message, Position, Presence, Receipt, RecoveredInfo, Refreshed, Rejection, State, Status, SubscribedInfo, TransportKind, } from './types.js';
export type { WebSocketConstructor, WebSocketLike } from './websocket.js';
