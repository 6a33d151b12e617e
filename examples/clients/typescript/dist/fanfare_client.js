// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Built from src/ by build.mjs: change it there.

// src/emitter.ts
var Emitter = class {
  #handlers = /* @__PURE__ */ new Map();
  #failed;
  constructor(failed) {
    this.#failed = failed;
  }
  on(event, handler) {
    const own = (argument) => handler(argument);
    const all = this.#handlers.get(event) ?? /* @__PURE__ */ new Set();
    this.#handlers.set(event, all.add(own));
    return () => {
      all.delete(own);
    };
  }
  /** Answers how many handlers took it without throwing. */
  emit(event, argument) {
    let taken = 0;
    const all = this.#handlers.get(event);
    for (const handler of [...all ?? []])
      if (all.has(handler)) taken += guarded(this.#failed, handler, argument);
    return taken;
  }
  has(event) {
    return (this.#handlers.get(event)?.size ?? 0) > 0;
  }
};
function guarded(failed, handler, ...args) {
  if (!handler) return 0;
  try {
    handler(...args);
    return 1;
  } catch (error) {
    failed(error);
    return 0;
  }
}

// src/errors.ts
var FanfareError = class extends Error {
  code;
  /** The HTTP status, where one was seen. */
  status;
  constructor(code, message, extra = {}) {
    super(message, extra.cause === void 0 ? void 0 : { cause: extra.cause });
    this.name = "FanfareError";
    this.code = code;
    this.status = extra.status;
  }
};

// src/batches.ts
var mostRooms = 64;
function* pieces(texts, maxBytes) {
  let some = [];
  let bytes = 256;
  for (const text of texts) {
    const more = JSON.stringify(text).length * 3;
    if (some.length && (bytes + more > maxBytes || some.length >= 1e3)) {
      yield some;
      some = [];
      bytes = 256;
    }
    some.push(text);
    bytes += more;
  }
  if (some.length) yield some;
}
var bytesOf = (value) => new TextEncoder().encode(JSON.stringify(value)).length;
function nextBatch(wanted, foreign, resume, maxBytes) {
  const payload = { rooms: [] };
  const rooms = [];
  let bytes = 128;
  const add = (room, named) => {
    const wish = room.wish();
    bytes += bytesOf(wish) + bytesOf(room.name);
    const first = rooms.length === 0 && !resume;
    if (!first && bytes > maxBytes) return false;
    if (rooms.length && (rooms.length >= mostRooms || room.alone || rooms[0].alone)) return false;
    if (named) payload.rooms.push(room.name);
    if (wish.since) (payload.since ??= {})[room.name] = wish.since;
    if (named && wish.last) (payload.last ??= {})[room.name] = wish.last;
    if (named && wish.token) (payload.tokens ??= {})[room.name] = wish.token;
    room.asking(wish);
    rooms.push(room);
    return true;
  };
  if (resume) {
    payload.resume = resume;
    bytes += bytesOf(resume) + 12;
    for (const room of foreign) if (!add(room, false)) break;
  }
  for (const room of wanted) if (!add(room, true)) break;
  return { payload, rooms };
}

// src/inbox.ts
var Inbox = class {
  #ask;
  #events;
  #maxBytes;
  #badge;
  #user;
  #anew = true;
  // the next counts are true, whatever their revision
  constructor(ask2, failed, maxBytes) {
    this.#ask = ask2;
    this.#events = new Emitter(failed);
    this.#maxBytes = maxBytes;
  }
  /** Undefined until the server has told it, and where it keeps no inbox. */
  get badge() {
    return this.#badge;
  }
  onBadge(handler) {
    return this.#events.on("badge", handler);
  }
  onNotification(handler) {
    return this.#events.on("notification", ({ notification, message }) => handler(notification, message));
  }
  /** Something was marked, here or elsewhere. */
  onChanged(handler) {
    return this.#events.on("changed", handler);
  }
  onRetract(handler) {
    return this.#events.on("retract", handler);
  }
  /** A list that is shown may be out of date, after a reconnect or a loss: ask for it again. */
  onStale(handler) {
    return this.#events.on("stale", handler);
  }
  list(options = {}) {
    const { filter, cursor, limit } = options;
    const known = this.#badge;
    return this.#ask("inbox", {
      ...filter && { filter },
      ...cursor && { cursor },
      ...limit !== void 0 && { limit }
    }).then((page) => {
      this.#count(page, this.#anew || this.#badge === known);
      return page;
    });
  }
  /**
   * Marks notifications, in as many messages as they need. Rejects with `not_found` if the user has none of them.
   * If the connection breaks before its answer `'all'` is not sent again but rejects with `connection_lost`: it would
   * also mark what has come meanwhile, and nobody has seen.
   */
  async mark(action, ids) {
    if (ids === "all") return this.#marked(await this.#ask("mark", { action, all: true }, false));
    if (ids.length === 0) throw new FanfareError("invalid_argument", "mark: no ids");
    let sum;
    const unknown = [];
    for (const some of pieces(ids, this.#maxBytes)) {
      try {
        const one = this.#marked(await this.#ask("mark", { action, ids: some }));
        unknown.push(...one.not_found ?? []);
        sum = {
          ...one,
          ids: [...sum?.ids ?? [], ...one.ids ?? []],
          changed: (sum?.changed ?? 0) + one.changed
        };
      } catch (error) {
        if (!(error instanceof FanfareError) || error.code !== "not_found") throw error;
        unknown.push(...some);
      }
    }
    if (!sum) throw new FanfareError("not_found", "the user has no such notification");
    return unknown.length ? { ...sum, not_found: unknown } : sum;
  }
  archive(ids) {
    return this.mark("archive", ids);
  }
  /** @internal */
  connected(user, first) {
    if (this.#user !== void 0 && this.#user !== user) this.#badge = void 0;
    this.#user = user;
    this.#anew = true;
    if (!first) this.stale();
  }
  /** @internal */
  stale() {
    this.#events.emit("stale", void 0);
  }
  /** @internal Answers how many handlers have taken the message. */
  take(message) {
    const { type, payload } = message;
    if (type === "badge" && message.room === void 0) this.#count(payload);
    if (message.room !== `user:${this.#user}`) return 0;
    if (type === "badge") this.#count(payload);
    if (type === "retract") return this.#events.emit("retract", payload);
    if (type === "inbox_changed") {
      this.#count(payload);
      return this.#events.emit("changed", { ...payload, own: false });
    }
    if (type !== "notification") return 0;
    this.#count(payload);
    return this.#events.emit("notification", { notification: payload, message });
  }
  #marked(answer) {
    const change = { ...answer, own: true };
    this.#count(change);
    if (change.changed > 0) this.#events.emit("changed", change);
    return change;
  }
  /** What has the highest revision is true; `anew`: whatever was there, as a store may have begun anew. */
  #count({ unread, unseen, revision }, anew = this.#anew) {
    if (unread === void 0 || unseen === void 0 || revision === void 0) return;
    this.#anew = false;
    const before = this.#badge;
    if (before && !anew && revision <= before.revision) return;
    this.#badge = { unread, unseen, revision };
    if (before?.unread !== unread || before.unseen !== unseen) this.#events.emit("badge", this.#badge);
  }
};

// src/timing.ts
var longest = 2 ** 31 - 1;
function after(ms, run) {
  return setTimeout(run, Math.min(ms, longest));
}
function within(promise, ms, signal, late2) {
  return new Promise((resolve2, reject) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", aborted);
    };
    const aborted = () => {
      done();
      reject(new FanfareError("closed", "disconnected meanwhile"));
    };
    const timer = after(ms, () => {
      done();
      reject(new FanfareError("timed_out", late2));
    });
    if (signal.aborted) return aborted();
    signal.addEventListener("abort", aborted);
    promise.then(
      (value) => {
        done();
        resolve2(value);
      },
      (error) => {
        done();
        reject(error);
      }
    );
  });
}

// src/transport.ts
var messageOf = (error) => error instanceof Error ? error.message : String(error);

// src/credential.ts
var longestToken = 8192;
async function ask(what, source, context, ms) {
  try {
    const value = await within(Promise.resolve(source(context)), ms, context.signal, "it took too long");
    if (typeof value !== "string" || !value) throw new Error("it is no text");
    return value;
  } catch (error) {
    if (error instanceof FanfareError && error.code === "unauthorized") throw error;
    throw new FanfareError("credential_failed", `no ${what}: ${messageOf(error)}`, { cause: error });
  }
}
async function credentialFor({ ticket, token, connectTimeout }, signal) {
  const credential = {};
  if (ticket) credential.ticket = await ask("ticket", ticket, { signal }, connectTimeout);
  if (token) credential.token = await ask("token", token, { signal }, connectTimeout);
  return credential;
}
async function renewedCredential({ ticket, token, connectTimeout }, signal) {
  if (token) return { token: await ask("token", token, { signal }, connectTimeout) };
  if (ticket) return { ticket: await ask("ticket", ticket, { signal }, connectTimeout) };
  throw new FanfareError("credential_failed", "there is neither a ticket nor a token function to ask");
}
function faultOfRoomToken(token) {
  const good = typeof token === "string" && token && new TextEncoder().encode(token).length <= longestToken;
  return good ? void 0 : `the token must be a text of 1 to ${longestToken} bytes`;
}

// src/joiner.ts
var forNow = /* @__PURE__ */ new Set([
  "rate_limited",
  "too_many_requests",
  "queue_full",
  "timed_out",
  "bus_unavailable",
  "store_failed"
]);
var patience = 3e4;
var mostTokens = 8;
var Joiner = class {
  #rooms;
  #outgoing;
  #handlers;
  #maxBytes;
  #tokenTimeout;
  #usual = { slow: false, busy: false, timer: void 0 };
  #slow = { slow: true, busy: false, timer: void 0 };
  #generation = 0;
  #calls = /* @__PURE__ */ new Set();
  // of the functions that are asked for tokens
  #toLeave = [];
  /** `tokenTimeout`: for a subscription token, in milliseconds. */
  constructor(rooms, outgoing, handlers, maxBytes, tokenTimeout) {
    this.#tokenTimeout = tokenTimeout;
    this.#rooms = rooms;
    this.#outgoing = outgoing;
    this.#handlers = handlers;
    this.#maxBytes = maxBytes;
  }
  /** A new connection: the rooms come before all that waits. */
  start() {
    this.stop();
    this.#next(this.#usual);
  }
  /** On a connection; what is wanted in one turn goes in one message. */
  join() {
    if (this.#usual.busy) return;
    this.#usual.busy = true;
    const generation = this.#generation;
    queueMicrotask(() => {
      if (generation === this.#generation) this.#next(this.#usual);
    });
  }
  /** What is left in one turn goes in one message: a hundred would be too many at once for the server. */
  leave(names) {
    for (const name of names) this.#rooms.leaving(name);
    this.#toLeave.push(...names);
    const generation = this.#generation;
    queueMicrotask(() => {
      if (generation === this.#generation) this.#sendLeaves();
    });
  }
  /** The connection is gone. */
  stop() {
    this.#generation++;
    for (const name of this.#toLeave.splice(0)) this.#rooms.hasLeft(name, false);
    for (const call of [...this.#calls]) call.abort();
    this.#calls.clear();
    for (const lane of [this.#usual, this.#slow]) {
      lane.busy = false;
      clearTimeout(lane.timer);
    }
  }
  #next(lane) {
    this.#sendLeaves();
    this.#askTokens();
    const batch = lane.slow ? this.#rooms.nextSlow(this.#maxBytes) : this.#rooms.next(this.#maxBytes);
    lane.busy = batch !== void 0;
    if (batch) this.#send(lane, batch);
  }
  /** Goes on with the rooms that were put off, or when the first of them is due. */
  #nextSlow() {
    if (this.#slow.busy) return;
    const generation = this.#generation;
    clearTimeout(this.#slow.timer);
    this.#next(this.#slow);
    const due = this.#rooms.due;
    if (this.#slow.busy || due === void 0 || generation !== this.#generation) return;
    clearTimeout(this.#slow.timer);
    this.#slow.timer = after(Math.max(1, due - performance.now()), () => this.#nextSlow());
  }
  #send(lane, batch) {
    const generation = this.#generation;
    try {
      this.#outgoing.request(
        { type: "subscribe", payload: batch.payload },
        {
          timeout: patience,
          retry: false,
          urgent: true,
          settled: (error, answer) => {
            if (generation !== this.#generation) return;
            if (error) this.#failed(lane, batch.rooms, error, answer === void 0);
            else this.#answered(lane, batch.rooms, answer.payload);
          }
        }
      );
    } catch (error) {
      const { code } = error;
      this.#done(lane, this.#rooms.failed(batch.rooms, error, code === "connection_lost"));
    }
  }
  #answered(lane, rooms, payload) {
    let outcome;
    try {
      outcome = this.#rooms.answered(rooms, payload);
    } catch (cause) {
      const text = "the answer to subscribe makes no sense";
      return this.#handlers.deaf(new FanfareError("bad_message", text, { cause }));
    }
    this.#done(lane, outcome);
  }
  #failed(lane, rooms, error, own) {
    if (own && error.code === "timed_out") return this.#handlers.deaf(error);
    this.#done(lane, this.#rooms.failed(rooms, error, forNow.has(error.code)));
  }
  #done(lane, outcome) {
    const generation = this.#generation;
    this.#handlers.outcome(outcome);
    if (generation !== this.#generation) return;
    lane.busy = false;
    if (!lane.slow && !outcome.again) this.#next(lane);
    if (outcome.again) {
      clearTimeout(this.#usual.timer);
      this.#usual.timer = setTimeout(() => this.join(), 1e3 + Math.random() * 1e3);
    }
    if (generation === this.#generation) this.#nextSlow();
  }
  #askTokens() {
    for (const room of this.#rooms.tokenless(mostTokens - this.#calls.size)) void this.#askToken(room);
  }
  async #askToken(room) {
    const generation = this.#generation;
    const call = new AbortController();
    const { name, tokenSource: source } = room;
    this.#calls.add(call);
    let outcome;
    let problem;
    try {
      const what = `subscription token for ${name}`;
      const context = { room: name, signal: call.signal };
      const token = typeof source === "function" ? await ask(what, source, context, this.#tokenTimeout) : source;
      if (generation !== this.#generation) return;
      const fault = faultOfRoomToken(token);
      if (fault) throw new FanfareError("credential_failed", `no ${what}: ${fault}`);
      this.#rooms.hasToken(room, token);
    } catch (error) {
      if (generation !== this.#generation) return;
      call.abort();
      problem = error;
      outcome = this.#rooms.noToken(room, problem, problem.code === "unauthorized");
    }
    this.#calls.delete(call);
    if (outcome) this.#handlers.outcome(outcome);
    if (problem && !outcome?.rejected.length && generation === this.#generation) this.#handlers.error(problem);
    if (generation !== this.#generation) return;
    this.join();
    this.#nextSlow();
  }
  #sendLeaves() {
    for (const rooms of pieces(this.#toLeave.splice(0), this.#maxBytes)) this.#sendLeave(rooms);
  }
  #sendLeave(rooms) {
    const settled = (error) => {
      for (const room of rooms) this.#rooms.hasLeft(room, !error);
      if (error && error.code !== "connection_lost" && error.code !== "closed") this.#handlers.error(error);
    };
    try {
      this.#outgoing.request(
        { type: "unsubscribe", payload: { rooms } },
        { timeout: patience, retry: false, urgent: true, settled }
      );
    } catch (error) {
      settled(error);
    }
  }
};

// src/close.ts
function shouldReconnect(code) {
  return code >= 3e3 && code < 3500 || [1001, 1005, 1006, 1011, 1012, 1013].includes(code);
}
var abnormal = 1006;
var longestDelay = 10 * 6e4;
function readReason(reason) {
  if (!reason.startsWith("{")) return { text: reason };
  let parsed;
  try {
    parsed = JSON.parse(reason);
  } catch {
    return { text: reason };
  }
  const text = typeof parsed.reason === "string" ? parsed.reason : reason;
  const delay = parsed.delay_ms;
  if (typeof delay !== "number" || !(delay >= 0)) return { text };
  return { text, delay: Math.min(delay, longestDelay) };
}

// src/refusal.ts
var mostText = 64 * 1024;
async function readError(response) {
  const length = Number(response.headers.get("content-length") ?? 0);
  if (length > mostText) {
    await response.body?.cancel();
    return void 0;
  }
  const text = await response.text();
  try {
    const { code, message } = JSON.parse(text).error;
    return typeof code === "string" ? { code, message: String(message) } : void 0;
  } catch {
    return void 0;
  }
}
async function refusal(response) {
  const { status } = response;
  const known = await readError(response);
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  const text = known?.message ?? `answered with ${status}`;
  return {
    code: abnormal,
    reason: known?.code ?? "refused",
    status,
    fromServer: known !== void 0,
    delay: seconds >= 0 ? Math.min(seconds * 1e3, longestDelay) : void 0,
    error: new FanfareError(known?.code ?? "refused", text, { status })
  };
}

// src/sse_parser.ts
var SseParser = class {
  #handlers;
  #maxLength;
  #rest = "";
  #skipNewline = false;
  #first = true;
  #event = "";
  #data = [];
  #length = 0;
  constructor(handlers, maxLength) {
    this.#handlers = handlers;
    this.#maxLength = maxLength;
  }
  /** Throws RangeError when an event is longer than it may be. */
  push(text) {
    if (!text) return;
    if (this.#first && text.startsWith("\uFEFF")) text = text.slice(1);
    this.#first = false;
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const c = text[at];
      if (c !== "\n" && c !== "\r") {
        this.#skipNewline = false;
        continue;
      }
      const second = c === "\n" && this.#skipNewline;
      this.#skipNewline = c === "\r";
      if (!second) this.#line(this.#rest + text.slice(from, at));
      this.#rest = "";
      from = at + 1;
    }
    this.#rest += text.slice(from);
    this.#check(this.#rest.length);
  }
  #check(more) {
    if (this.#length + more > this.#maxLength)
      throw new RangeError(`an event of more than ${this.#maxLength} characters`);
  }
  #line(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") {
      this.#check(value.length);
      this.#length += value.length + 1;
      this.#data.push(value);
    } else if (field === "event") {
      this.#event = value;
    } else if (field === "retry" && /^\d+$/.test(value)) {
      this.#handlers.retry(Number(value));
    }
  }
  #dispatch() {
    const event = { event: this.#event || "message", data: this.#data.join("\n") };
    const empty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    this.#length = 0;
    if (!empty) this.#handlers.event(event);
  }
};

// src/urls.ts
function resolve(url, schemes) {
  const page = globalThis.location?.href;
  let full;
  try {
    full = new URL(url, page);
  } catch {
    throw new FanfareError(
      "invalid_argument",
      `not a URL${page ? "" : " (outside of a page it must be absolute)"}: ${url}`
    );
  }
  if (!/^(https?|wss?):$/.test(full.protocol))
    throw new FanfareError("invalid_argument", `neither http(s) nor ws(s): ${full.protocol}`);
  full.protocol = /^(https|wss):$/.test(full.protocol) ? schemes.secure : schemes.plain;
  full.hash = "";
  return full;
}
function websocketUrl(url) {
  return resolve(url, { plain: "ws:", secure: "wss:" });
}
function sseUrl(url, named) {
  const full = resolve(named ?? url, { plain: "http:", secure: "https:" });
  if (named === void 0) full.pathname = full.pathname.replace(/\/ws\/?$/, "/sse");
  return full;
}
function withTicket(url, ticket) {
  const full = new URL(url);
  if (ticket !== void 0) full.searchParams.set("ticket", ticket);
  return full.href;
}

// src/sse.ts
var maxEvent = 8 * 1024 * 1024;
var SseTransport = class {
  kind = "sse";
  #options;
  #token;
  #events;
  #abort = new AbortController();
  #parser;
  #posts = [];
  #posting = false;
  #session;
  #delay;
  #over = false;
  constructor(options, { ticket, token }, events) {
    this.#options = options;
    this.#token = token;
    this.#events = events;
    this.#parser = new SseParser(
      {
        event: (event) => this.#take(event),
        retry: (ms) => {
          this.#delay = ms;
        }
      },
      maxEvent
    );
    void this.#read(withTicket(options.url, ticket));
  }
  get buffered() {
    return this.#posts.reduce((sum, { text }) => sum + text.length, 0);
  }
  send(text, id) {
    this.#posts.push({ text, id });
    if (!this.#posting) void this.#post();
  }
  renewed({ token }) {
    this.#token = token ?? this.#token;
  }
  close() {
    this.#over = true;
    this.#posts.length = 0;
    this.#abort.abort();
  }
  async #read(url) {
    try {
      const response = await this.#fetch(url, {
        headers: this.#headers({ accept: "text/event-stream" }),
        cache: "no-store"
      });
      if (response.status !== 200 || !response.body) return this.#end(await refusal(response));
      if (!(response.headers.get("content-type") ?? "").startsWith("text/event-stream")) {
        await response.body.cancel();
        return this.#fail("refused", "the answer is no event stream");
      }
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      for (; ; ) {
        const { done, value } = await reader.read();
        if (this.#over) return;
        if (done) return this.#fail("connection_lost", "the stream ended");
        this.#events.life();
        this.#parser.push(decoder.decode(value, { stream: true }));
      }
    } catch (error) {
      this.#fail(
        "cannot_connect",
        error instanceof RangeError ? error.message : `the stream broke: ${reasonOf(error)}`
      );
    }
  }
  #take({ event, data }) {
    if (this.#over) return;
    if (event === "close") return this.#closed(data);
    if (event !== "message") return;
    if (this.#session === void 0) this.#session = sessionIn(data);
    this.#events.message(data);
  }
  #closed(data) {
    let code = abnormal;
    let reason = "";
    try {
      const told = JSON.parse(data);
      code = Number(told.code) || abnormal;
      reason = typeof told.reason === "string" ? told.reason : JSON.stringify(told.reason ?? "");
    } catch {
      reason = data;
    }
    const { text, delay } = readReason(reason);
    this.#end({ code, reason: text, delay: delay ?? this.#delay });
  }
  async #post() {
    this.#posting = true;
    try {
      for (let next; !this.#over && (next = this.#posts[0]); this.#posts.shift())
        await this.#postOne(next.text, next.id);
    } catch (error) {
      this.#fail("connection_lost", `a message could not be posted: ${reasonOf(error)}`);
    } finally {
      this.#posting = false;
    }
  }
  async #postOne(text, id) {
    const body = `{"session":${JSON.stringify(this.#session ?? "")},"message":${text}}`;
    const type = this.#token === void 0 ? "text/plain" : "application/json";
    const headers = this.#headers({ "content-type": type });
    const late2 = after(this.#options.timeout, () => this.#fail("timed_out", "a message was not taken in time"));
    try {
      const response = await this.#fetch(this.#options.url.href, { method: "POST", headers, body });
      if (response.ok) await response.body?.cancel();
      else await this.#refused(response, id);
    } finally {
      clearTimeout(late2);
    }
  }
  async #refused(response, id) {
    const known = await readError(response);
    const code = known?.code ?? "refused";
    if (response.status === 404 || response.status === 401 || response.status >= 500)
      return this.#fail("connection_lost", known?.message ?? `a message was answered with ${response.status}`);
    if (this.#over) return;
    const payload = { code, message: known?.message ?? `answered with ${response.status}` };
    this.#events.message(JSON.stringify({ type: "error", payload, request_id: id }));
  }
  #fetch(url, init) {
    const { credentials } = this.#options;
    const call = this.#options.fetch;
    return call(url, { signal: this.#abort.signal, ...credentials && { credentials }, ...init });
  }
  #headers(headers) {
    return this.#token === void 0 ? headers : { ...headers, authorization: `Bearer ${this.#token}` };
  }
  #fail(code, text) {
    this.#end({ code: abnormal, reason: text, delay: this.#delay, error: new FanfareError(code, text) });
  }
  #end(end) {
    if (this.#over) return;
    this.close();
    this.#events.ended(end);
  }
};
function reasonOf(error) {
  const cause = error?.cause?.code;
  return typeof cause === "string" ? cause : messageOf(error).replace(/\bhttps?:\S+/g, "the server");
}
function sessionIn(data) {
  try {
    const { type, payload } = JSON.parse(data);
    return type === "connected" && typeof payload?.session === "string" ? payload.session : void 0;
  } catch {
    return void 0;
  }
}

// src/websocket.ts
var open = 1;
var closed = 3;
var closingTime = 2e3;
var protocol = "fanfare.v1";
function tokenProtocol(token) {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(token))
    throw new FanfareError(
      "credential_failed",
      "the token has characters that a subprotocol cannot have; use base64url, or the option tokenQuery"
    );
  return `fanfare.token.${token}`;
}
var WebSocketTransport = class {
  kind = "websocket";
  #socket;
  #problem;
  /** `tokenQuery`: the query parameter in which the token goes, in place of the subprotocol. */
  constructor(make, url, { ticket, token }, events, tokenQuery) {
    const full = new URL(withTicket(url, ticket));
    const protocols = [protocol];
    if (token !== void 0 && tokenQuery !== void 0) full.searchParams.set(tokenQuery, token);
    else if (token !== void 0) protocols.push(tokenProtocol(token));
    try {
      this.#socket = new make(full.href, protocols);
    } catch (error) {
      throw new FanfareError("cannot_connect", `no WebSocket can be made for ${url.origin}`, {
        cause: error?.name
      });
    }
    this.#socket.onmessage = (event) => events.message(typeof event.data === "string" ? event.data : "");
    this.#socket.onerror = (event) => {
      this.#problem ??= messageOf(event?.error ?? event?.message ?? "");
    };
    this.#socket.onclose = (event) => {
      this.#detach();
      const code = event.code || abnormal;
      const { text, delay } = readReason(String(event.reason ?? ""));
      const status = Number(/Unexpected server response: (\d{3})/.exec(this.#problem ?? "")?.[1]) || void 0;
      const error = status === void 0 ? void 0 : new FanfareError("refused", `the upgrade was refused with ${status}`, { status });
      events.ended({ code, reason: text, delay, status, error });
    };
  }
  get buffered() {
    return this.#socket.bufferedAmount;
  }
  send(text) {
    if (this.#socket.readyState === open) this.#socket.send(text);
  }
  close(dead) {
    this.#detach();
    const socket = this.#socket;
    if (socket.readyState === closed) return;
    if (dead && socket.terminate) return socket.terminate();
    socket.close(1e3);
    if (!socket.terminate) return;
    const timer = setTimeout(() => socket.terminate?.(), closingTime);
    socket.onclose = () => clearTimeout(timer);
  }
  renewed() {
  }
  // It is sent once, on opening.
  #detach() {
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.onerror = () => {
    };
  }
};

// src/attempt.ts
var Attempt = class {
  #url;
  #settings;
  constructor(url, settings) {
    this.#url = url;
    this.#settings = settings;
    if (settings.transports.includes("websocket")) websocketUrl(url);
    if (settings.transports.includes("sse")) sseUrl(url, settings.sseUrl);
  }
  /**
   * Never rejects. What follows the greeting goes to `events`, which is told of the greeting in the same turn, or
   * messages that arrive in one piece with it would be lost.
   */
  async run(kinds, events, signal) {
    let end;
    for (const kind of kinds) {
      if (end?.error && !signal.aborted) events.failed(end.error);
      if (signal.aborted) return void 0;
      try {
        const credential = await credentialFor(this.#settings, signal);
        if (signal.aborted) return void 0;
        end = await this.#open(kind, credential, events, signal);
        if (!end || end.code !== abnormal) return end;
      } catch (error) {
        end = { code: abnormal, reason: messageOf(error), error };
        if (end.error?.code === "unauthorized" || end.error?.code === "credential_failed") return end;
      }
    }
    return end;
  }
  /** Answers how it failed, or nothing if the server has greeted. */
  #open(kind, credential, events, signal) {
    return new Promise((resolve2, reject) => {
      let greeted = false;
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", aborted);
      };
      const settle = (end) => {
        done();
        resolve2(end);
      };
      const giveUp = (code, text) => {
        transport?.close(true);
        settle({ code: abnormal, reason: text, error: new FanfareError(code, text) });
      };
      const aborted = () => giveUp("closed", "disconnected meanwhile");
      const timer = after(
        this.#settings.connectTimeout,
        () => giveUp("timed_out", `no greeting over ${kind} in time`)
      );
      signal.addEventListener("abort", aborted);
      let transport;
      try {
        transport = this.#make(kind, credential, {
          message: (text) => {
            if (greeted) return events.message(text);
            const message = readGreeting(text);
            if (!message) return giveUp("bad_message", "the server did not begin with a greeting");
            greeted = true;
            settle();
            events.greeted({ transport, message });
          },
          life: () => {
            if (greeted) events.life();
          },
          ended: (end) => {
            if (greeted) return events.ended(end);
            const text = end.reason || `no connection over ${kind}`;
            settle({ ...end, reason: text, error: end.error ?? new FanfareError("cannot_connect", text) });
          }
        });
      } catch (error) {
        done();
        reject(error);
      }
    });
  }
  #make(kind, credential, events) {
    const global = globalThis;
    const make = this.#settings.WebSocket ?? global.WebSocket;
    const fetch = this.#settings.fetch ?? global.fetch;
    if (kind === "websocket") {
      if (!make)
        throw new FanfareError(
          "cannot_connect",
          "there is no WebSocket here: give the constructor one (option WebSocket)"
        );
      return new WebSocketTransport(make, websocketUrl(this.#url), credential, events, this.#settings.tokenQuery);
    }
    if (!fetch)
      throw new FanfareError("cannot_connect", "there is no fetch here: give the constructor one (option fetch)");
    const { sseUrl: named, credentials, requestTimeout: timeout } = this.#settings;
    return new SseTransport({ fetch, url: sseUrl(this.#url, named), credentials, timeout }, credential, events);
  }
};
function readGreeting(text) {
  try {
    const message = JSON.parse(text);
    return message.type === "connected" && typeof message.payload?.connection_id === "string" ? message : void 0;
  } catch {
    return void 0;
  }
}

// src/backoff.ts
var Backoff = class {
  #failures = 0;
  #min;
  #max;
  #random;
  constructor(min, max, random = Math.random) {
    this.#min = min;
    this.#max = max;
    this.#random = random;
  }
  /** How many delays were taken since the last success. */
  get failures() {
    return this.#failures;
  }
  /** What the next delay is below, in milliseconds. */
  get ceiling() {
    return Math.min(this.#max, this.#min * 2 ** Math.min(this.#failures, 40));
  }
  /** The delay before the next attempt, in milliseconds: `least` of its ceiling (0 to 1), or more. */
  next(least = 0) {
    const delay = Math.round((least + (1 - least) * this.#random()) * this.ceiling);
    this.#failures++;
    return delay;
  }
  reset() {
    this.#failures = 0;
  }
};

// src/heartbeat.ts
var Heartbeat = class {
  #options;
  #timer;
  #lastLife = performance.now();
  #asked;
  #slept = false;
  // and was given a second chance
  constructor(options) {
    this.#options = options;
    this.#arm(options.silence);
  }
  life() {
    this.#lastLife = performance.now();
    this.#asked = void 0;
  }
  /** Asks at once: the page was asleep, or the network was away. */
  check() {
    if (this.#asked === void 0) this.#ask();
  }
  stop() {
    clearTimeout(this.#timer);
  }
  #arm(ms) {
    clearTimeout(this.#timer);
    const due = performance.now() + ms;
    this.#timer = after(ms, () => this.#fired(performance.now() - due));
  }
  #fired(late2) {
    const { silence, patience: patience2 } = this.#options;
    const now = performance.now();
    if (this.#asked === void 0) {
      const rest2 = this.#lastLife + silence - now;
      if (rest2 > 0) return this.#arm(rest2);
      this.#slept = false;
      return this.#ask();
    }
    const rest = this.#asked + patience2 - now;
    if (rest > 0) return this.#arm(rest);
    if (late2 <= patience2 / 2 || this.#slept) return this.#options.dead();
    this.#slept = true;
    this.#ask();
  }
  #ask() {
    this.#asked = performance.now();
    this.#arm(this.#options.patience);
    this.#options.ask();
  }
};

// src/route.ts
var Route = class {
  #kinds;
  #preferFor;
  #websocketWorked = false;
  #failures = 0;
  #preferUntil = 0;
  constructor(kinds, preferFor) {
    this.#kinds = kinds;
    this.#preferFor = preferFor;
  }
  next(now) {
    const both = this.#kinds.length > 1;
    if (!both) return [...this.#kinds];
    if (now < this.#preferUntil) return ["sse"];
    if (this.#kinds[0] === "sse") return ["sse", "websocket"];
    return this.#websocketWorked && this.#failures < 3 ? ["websocket"] : ["websocket", "sse"];
  }
  worked(kind, now) {
    this.#failures = 0;
    if (kind === "websocket") this.#websocketWorked = true;
    else if (this.#kinds[0] === "websocket" && !this.#websocketWorked) this.#preferUntil = now + this.#preferFor;
  }
  failed() {
    this.#failures++;
    this.#preferUntil = 0;
  }
  /** Another network, perhaps: nothing may block the WebSocket there, and what failed without it proves nothing. */
  networkChanged() {
    this.#failures = 0;
    this.#preferUntil = 0;
  }
  /** A new beginning: nothing is known. */
  forget() {
    this.#websocketWorked = false;
    this.#failures = 0;
    this.#preferUntil = 0;
  }
};

// src/verdict.ts
function verdictOn(end) {
  if (end.error?.code === "unauthorized" && end.status === void 0) return "never";
  if (end.status === 401) return "refused";
  if (end.status === 431) return "never";
  if (end.fromServer && (end.status === 400 || end.status === 403)) return "never";
  return end.code === abnormal || shouldReconnect(end.code) ? "again" : "never";
}

// src/wakeups.ts
function onWakeup(wake) {
  const { window, document } = globalThis;
  const online = () => wake("online");
  const visible = () => {
    if (document?.visibilityState === "visible") wake("visible");
  };
  window?.addEventListener("online", online);
  document?.addEventListener("visibilitychange", visible);
  return () => {
    window?.removeEventListener("online", online);
    document?.removeEventListener("visibilitychange", visible);
  };
}

// src/link.ts
var stable = 5e3;
var mostRefusals = 6;
var hopeless = 1e3;
var longestPing = 25e3;
var longestDelay2 = 2 ** 31 - 1;
var Link = class {
  #settings;
  #handlers;
  #attempt;
  #route;
  #backoff;
  #status = { state: "idle", failures: 0 };
  #abort;
  #transport;
  #heartbeat;
  #timer;
  #obeying = false;
  // the delay is the server's wish, or gives it time: no network makes it shorter
  #greeting;
  #greetedAt = 0;
  #triedAt = 0;
  #refusals = 0;
  #stopWakeups;
  constructor(url, settings, handlers) {
    this.#settings = settings;
    this.#handlers = handlers;
    this.#attempt = new Attempt(url, settings);
    this.#route = new Route(settings.transports, settings.preferSseFor);
    this.#backoff = new Backoff(settings.backoff.min, settings.backoff.max, settings.random);
  }
  get status() {
    return this.#status;
  }
  get transport() {
    return this.#transport;
  }
  get greeting() {
    return this.#greeting;
  }
  start() {
    if (this.#status.state !== "idle" && this.#status.state !== "closed") return;
    this.#backoff.reset();
    this.#route.forget();
    this.#refusals = 0;
    this.#stopWakeups ??= onWakeup((why) => this.#wake(why));
    void this.#try();
  }
  stop() {
    const transport = this.#transport;
    this.#release();
    this.#stopListening();
    transport?.close(false);
    if (transport) this.#handlers.released();
    if (this.#status.state !== "idle") this.#become({ state: "idle", failures: 0 });
    if (transport) this.#handlers.lost({ code: 1e3, reason: "disconnected", reconnect: false });
  }
  /** Ends a link that is of no use any more, and makes a new one. */
  drop(error) {
    if (!this.#transport) return;
    this.#transport.close(true);
    this.#ended({ code: abnormal, reason: error.message, error });
  }
  life() {
    this.#heartbeat?.life();
  }
  #wake(why) {
    if (why === "online") this.#route.networkChanged();
    const { state } = this.#status;
    if (state === "waiting" && !this.#obeying) void this.#try();
    if (state === "connecting" && why === "online" && performance.now() - this.#triedAt > hopeless) {
      this.#abort?.abort();
      void this.#try();
    }
    this.#heartbeat?.check();
  }
  async #try() {
    clearTimeout(this.#timer);
    const abort = this.#abort = new AbortController();
    this.#triedAt = performance.now();
    this.#become({ state: "connecting", failures: this.#backoff.failures });
    if (abort.signal.aborted) return;
    const kinds = this.#route.next(performance.now());
    const end = await this.#attempt.run(
      kinds,
      {
        greeted: (link) => this.#greeted(link),
        failed: (error) => this.#handlers.error(error),
        message: (text) => {
          this.life();
          this.#handlers.message(text);
        },
        life: () => this.life(),
        ended: (over) => this.#ended(over)
      },
      abort.signal
    );
    if (!end || abort.signal.aborted) return;
    this.#route.failed();
    this.#ended(end);
  }
  #greeted({ transport, message }) {
    const payload = message.payload;
    this.#transport = transport;
    this.#greeting = payload;
    this.#greetedAt = performance.now();
    this.#refusals = 0;
    this.#route.worked(transport.kind, performance.now());
    const interval = payload.ping_interval_ms || 2 * longestPing;
    const usual = transport.kind === "sse" ? 1.25 * interval : Math.min(interval / 2, longestPing);
    this.#heartbeat = new Heartbeat({
      silence: this.#settings.pingInterval ?? usual,
      patience: this.#settings.pongTimeout,
      ask: () => transport.send('{"type":"ping"}'),
      dead: () => {
        transport.close(true);
        this.#ended({ code: abnormal, reason: "no sign of life" });
      }
    });
    this.#become({ state: "connected", failures: 0, transport: transport.kind });
    if (this.#transport === transport) this.#handlers.connected(payload);
  }
  #ended(end) {
    const had = this.#transport;
    this.#release();
    if (had) this.#handlers.released();
    let verdict = verdictOn(end);
    const refused = verdict === "refused";
    if (refused) verdict = this.#renewable() && ++this.#refusals < mostRefusals ? "again" : "never";
    const { code, reason, delay, error } = end;
    const again = verdict === "again";
    const why = { reason, ...code !== abnormal && { code }, ...error && { error } };
    if (again) this.#wait(why, had !== void 0, delay, refused);
    else this.#close(why);
    if (had) this.#handlers.lost({ code, reason, reconnect: again, ...delay !== void 0 && { delay } });
    if (error) this.#handlers.error(error);
  }
  #wait(why, had, asked, refused) {
    if (had && performance.now() - this.#greetedAt >= stable) this.#backoff.reset();
    const own = this.#backoff.next(refused ? 0.5 : 0);
    const delay = Math.min(longestDelay2, Math.max(asked ?? 0, this.#obeyed(own, asked)));
    this.#obeying = asked !== void 0 || refused;
    this.#timer = after(delay, () => void this.#try());
    this.#become({ ...why, state: "waiting", failures: this.#backoff.failures, nextAttempt: Date.now() + delay });
  }
  /** The server has spread its clients already; only after failures the client's own delay may be the longer one. */
  #obeyed(own, asked) {
    return asked === void 0 || this.#backoff.failures > 1 ? own : 0;
  }
  #close(why) {
    this.#stopListening();
    this.#become({ ...why, state: "closed", failures: this.#backoff.failures });
  }
  #renewable() {
    return this.#settings.ticket !== void 0 || this.#settings.token !== void 0;
  }
  /** Nothing of the link or the attempt is left. */
  #release() {
    clearTimeout(this.#timer);
    this.#heartbeat?.stop();
    this.#heartbeat = void 0;
    this.#transport = void 0;
    this.#greeting = void 0;
    this.#abort?.abort();
    this.#abort = void 0;
  }
  #stopListening() {
    this.#stopWakeups?.();
    this.#stopWakeups = void 0;
  }
  #become(status) {
    this.#status = status;
    this.#handlers.status(status);
  }
};

// src/options.ts
var defaults = {
  transports: ["websocket", "sse"],
  connectTimeout: 1e4,
  requestTimeout: 1e4,
  pongTimeout: 1e4,
  preferSseFor: 5 * 6e4,
  maxQueue: 64,
  maxQueueBytes: 256 * 1024,
  maxMessageBytes: 8 * 1024,
  resume: true,
  autoAck: true
};
function settingsFrom(options) {
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== void 0)
  );
  const settings = { ...defaults, ...given, backoff: { min: 1e3, max: 3e4, ...given.backoff } };
  const numbers = { ...settings, min: settings.backoff.min, max: settings.backoff.max };
  for (const name of [
    "connectTimeout",
    "requestTimeout",
    "pingInterval",
    "pongTimeout",
    "preferSseFor",
    "maxQueue",
    "maxQueueBytes",
    "maxMessageBytes",
    "min",
    "max"
  ]) {
    const value = numbers[name];
    if (value !== void 0 && !(typeof value === "number" && value >= 0))
      throw new FanfareError("invalid_argument", `${name} must be a number, zero or more, not ${String(value)}`);
  }
  const query = settings.tokenQuery;
  if (query !== void 0 && (typeof query !== "string" || !query))
    throw new FanfareError("invalid_argument", `tokenQuery must be a name, not ${JSON.stringify(query)}`);
  const kinds = settings.transports;
  if (!kinds.length || new Set(kinds).size !== kinds.length || kinds.some((kind) => kind !== "websocket" && kind !== "sse"))
    throw new FanfareError(
      "invalid_argument",
      `transports must be of "websocket" and "sse", not ${JSON.stringify(kinds)}`
    );
  return settings;
}

// src/outgoing.ts
var mostInFlight = 12;
var Outgoing = class {
  #limits;
  #transmit;
  #queue = [];
  #queuedBytes = 0;
  #inFlight = /* @__PURE__ */ new Map();
  #lastId = 0;
  /** `transmit` answers whether the link took it. */
  constructor(limits, transmit) {
    this.#limits = limits;
    this.#transmit = transmit;
  }
  get queued() {
    return this.#queue.length;
  }
  /** Throws what speaks against it. */
  send(message) {
    this.#enqueue(this.#encode(message));
    this.flush();
  }
  request(message, options) {
    const id = `c${++this.#lastId}`;
    const entry = { ...this.#encode({ ...message, request_id: id }), id, options };
    if (options.urgent) {
      if (!this.#transmit(entry.text, id, true))
        throw new FanfareError("connection_lost", `${message.type}: the connection cannot take it`);
      this.#inFlight.set(id, entry);
    } else {
      this.#enqueue(entry);
    }
    entry.timer = after(options.timeout, () => this.#late(entry, message.type));
    this.flush();
  }
  /** Sends what the link takes. */
  flush() {
    let head;
    while (head = this.#queue[0]) {
      if (head.id && this.#inFlight.size >= mostInFlight) return;
      if (!this.#transmit(head.text, head.id)) return;
      this.#unqueue(head);
      if (head.id) this.#inFlight.set(head.id, head);
    }
  }
  /** Whether `message` was an answer. */
  answer(message) {
    const entry = this.#inFlight.get(String(message.request_id));
    if (message.request_id === void 0 || !entry) return false;
    this.#inFlight.delete(String(message.request_id));
    if (message.type === "error") {
      const { code, message: text } = message.payload;
      this.#settle(entry, new FanfareError(code, text), message);
    } else {
      this.#settle(entry, void 0, message);
    }
    this.flush();
    return true;
  }
  /** The link is gone: what may be sent twice waits for the next one, the rest fails. */
  linkLost() {
    const open2 = [...this.#inFlight.values()];
    this.#inFlight.clear();
    const again = open2.filter((entry) => entry.options?.retry);
    this.#queue = [...again, ...this.#queue];
    for (const entry of again) this.#queuedBytes += entry.bytes;
    for (const entry of open2)
      if (!entry.options?.retry)
        this.#settle(entry, new FanfareError("connection_lost", "the connection broke before the answer came"));
  }
  /** Everything that waits fails. */
  clear(error) {
    const all = [...this.#inFlight.values(), ...this.#queue];
    this.#inFlight.clear();
    this.#queue = [];
    this.#queuedBytes = 0;
    for (const entry of all) this.#settle(entry, error);
  }
  #encode(message) {
    const text = jsonOf(message);
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > this.#limits.maxMessageBytes)
      throw new FanfareError(
        "message_too_large",
        `a message of ${bytes} bytes; the server takes ${this.#limits.maxMessageBytes} (maxMessageBytes)`
      );
    return { text, bytes };
  }
  #enqueue(entry) {
    const { maxQueue, maxQueueBytes } = this.#limits;
    this.flush();
    if (this.#queue.length >= maxQueue || this.#queuedBytes + entry.bytes > maxQueueBytes)
      throw new FanfareError(
        "queue_full",
        `${this.#queue.length} messages of ${this.#queuedBytes} bytes wait already`
      );
    this.#queue.push(entry);
    this.#queuedBytes += entry.bytes;
  }
  #unqueue(entry) {
    const at = this.#queue.indexOf(entry);
    if (at < 0) return;
    this.#queue.splice(at, 1);
    this.#queuedBytes -= entry.bytes;
  }
  #late(entry, type) {
    this.#unqueue(entry);
    if (entry.id) this.#inFlight.delete(entry.id);
    this.#settle(entry, new FanfareError("timed_out", `no answer to ${type} in time`));
    this.flush();
  }
  #settle(entry, error, answer) {
    clearTimeout(entry.timer);
    entry.options?.settled(error, answer);
  }
};
function jsonOf(message) {
  let text;
  try {
    text = JSON.stringify(message);
  } catch (cause) {
    throw new FanfareError("invalid_argument", "the payload cannot be written as JSON", { cause });
  }
  if (/(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(text))
    throw new FanfareError("invalid_argument", "a text ends or begins in the middle of a character (lone surrogate)");
  return text;
}

// src/dispatch.ts
function dispatch(room, message, failed) {
  let taken = 0;
  for (const one of [...room.subscriptions]) {
    const handlers = one.on;
    const handler = handlers && Object.hasOwn(handlers, message.type) ? handlers[message.type] : void 0;
    if (room.subscriptions.has(one)) taken += guarded(failed, handler, message.payload, message);
    if (room.subscriptions.has(one)) taken += guarded(failed, one.message, message);
  }
  return taken;
}
function tell(room, news, failed) {
  for (const one of [...room.subscriptions]) {
    if (room.subscriptions.has(one)) guarded(failed, one.subscribed, news.subscribed);
    if (news.recovered && room.subscriptions.has(one)) guarded(failed, one.recovered, news.recovered);
  }
}
function tellGap(rooms, info, failed) {
  const concerned = info.room === void 0 ? [...rooms] : [rooms.get(info.room)];
  for (const room of concerned)
    for (const one of [...room?.subscriptions ?? []])
      if (room.subscriptions.has(one)) guarded(failed, one.gap, info);
}

// src/renewal.ts
function refreshedFrom(payload) {
  const { expires_at, joined, left, positions } = payload;
  const names = (value) => value === void 0 || Array.isArray(value) && value.every((one) => typeof one === "string");
  if (expires_at !== void 0 && expires_at !== null && Number.isNaN(Date.parse(expires_at)))
    throw new TypeError("expires_at is no time");
  if (!names(joined) || !names(left)) throw new TypeError("joined and left must be lists of rooms");
  if (positions !== void 0 && (typeof positions !== "object" || positions === null))
    throw new TypeError("positions must be by room");
  return payload;
}
var forGood = /* @__PURE__ */ new Set(["unknown_type", "invalid_message", "message_too_large", "bad_message"]);
var mostForbidden = 3;
var usualCeiling = 1e4;
var mostMargin = 3e3;
var Renewal = class {
  #settings;
  #handlers;
  #connection;
  #call;
  // of the function that is asked, a new one each time
  #running;
  #timer;
  #end;
  // of the credential that is being replaced, or was given up
  #deadline = 0;
  // of the last attempt
  #forbidden = 0;
  #backoff;
  #loggedOut;
  // The application said so. After the server another credential may be good.
  constructor(settings, handlers) {
    this.#settings = settings;
    this.#handlers = handlers;
  }
  /** A new connection. */
  start() {
    this.stop();
    this.#connection = {};
  }
  /** The connection is gone: nothing is asked for any more. */
  stop() {
    clearTimeout(this.#timer);
    this.#connection = void 0;
    this.#call?.abort();
    this.#call = void 0;
    this.#running = void 0;
    this.#end = void 0;
  }
  /** The server has said so at `timestamp`, by its own clock. Throws where that makes no sense. */
  expiring({ expires_at }, timestamp) {
    const end = Date.parse(expires_at);
    const told = Date.parse(timestamp);
    if (Number.isNaN(end)) throw new TypeError("expires_at is no time");
    if (!this.#settings.ticket && !this.#settings.token) return;
    if (end === this.#end) return;
    const left = Math.max(0, end - (Number.isNaN(told) ? Date.now() : told));
    const { min, max } = this.#settings.backoff;
    const ceiling = Math.max(Math.min(max, usualCeiling), left / 8);
    this.#end = end;
    this.#deadline = performance.now() + left - Math.min(mostMargin, left / 8);
    this.#forbidden = 0;
    this.#backoff = new Backoff(Math.max(Math.min(min, left / 8), left / 100), ceiling, this.#settings.random);
    clearTimeout(this.#timer);
    void this.#attempt();
  }
  /** Asks for a fresh credential and sends it. One at a time: who asks meanwhile gets the answer of that one. */
  refresh() {
    const connection = this.#connection;
    if (!connection) return Promise.reject(new FanfareError("not_connected", "refresh: there is no connection"));
    if (this.#running) return this.#running;
    const running = this.#once(connection).finally(() => {
      if (this.#running === running) this.#running = void 0;
    });
    this.#running = running;
    return running;
  }
  async #once(connection) {
    const lost = () => new FanfareError("connection_lost", "the connection broke before the refresh");
    const call = this.#call = new AbortController();
    const credential = await renewedCredential(this.#settings, call.signal).catch((error) => {
      if (connection !== this.#connection) throw lost();
      call.abort();
      if (error.code === "unauthorized") this.#loggedOut = error;
      throw error;
    });
    if (connection !== this.#connection) throw lost();
    return this.#handlers.send(credential);
  }
  async #attempt() {
    const connection = this.#connection;
    const end = this.#end;
    try {
      const { expires_at } = await this.refresh();
      if (expires_at !== void 0 && expires_at !== null && !(Date.parse(expires_at) > end))
        throw new FanfareError("credential_failed", "the new credential lasts no longer than the old one");
    } catch (error) {
      if (connection !== this.#connection || end !== this.#end) return;
      this.#handlers.error(error);
      if (connection === this.#connection && end === this.#end) this.#again(error);
    }
  }
  #again(error) {
    if (error === this.#loggedOut || forGood.has(error.code)) return;
    if (error.code === "forbidden" && ++this.#forbidden >= mostForbidden) return;
    const left = this.#deadline - performance.now();
    const least = this.#backoff.ceiling / 2;
    if (left <= 0 || left < least) return;
    this.#timer = after(Math.min(left, this.#backoff.next(0.5)), () => void this.#attempt());
  }
};

// src/outcome.ts
var nothing = () => ({ news: [], rejected: [], lost: [], leave: [], again: false });

// src/positions.ts
var PositionTracker = class {
  /** Everything up to here is used, or known to be lost. */
  at;
  #catchingUp = false;
  #early = /* @__PURE__ */ new Set();
  // offsets of `at`'s epoch that came live before the answer
  /**
   * A new connection: what was missed is yet to come. The server may have joined the room by itself, and then live
   * messages come before; they must not move the position.
   */
  awaitMissed() {
    this.#catchingUp = this.at !== void 0;
  }
  /** Where the caller knows to be, from an earlier life. */
  resumeAt(position) {
    this.restart(position);
    this.awaitMissed();
  }
  /** What was missed follows: the position moves with it, or the connection would break in between unnoticed. */
  recovered() {
    this.#catchingUp = false;
  }
  /** The stream goes on after `position`, whatever was before; without one, after whatever comes first. */
  restart(position) {
    this.#catchingUp = false;
    this.#early.clear();
    this.at = position;
  }
  /** What lies up to `position` is lost, and the client was told. */
  skipTo(position) {
    if (this.at?.epoch === position.epoch && position.offset <= this.at.offset) return;
    const waits = this.#catchingUp;
    this.restart(position);
    this.#catchingUp = waits;
  }
  /** Whether a message is new. What is new moves the position. */
  take({ epoch, offset }) {
    const here = this.at;
    if (!here || epoch !== here.epoch) {
      if (this.#catchingUp) return true;
      this.restart({ epoch, offset });
      return true;
    }
    if (offset <= here.offset || this.#catchingUp && this.#early.has(offset)) return false;
    if (this.#catchingUp) {
      this.#early.add(offset);
      return true;
    }
    this.at = { epoch, offset };
    const known = this.#early.has(offset);
    for (const one of this.#early) if (one <= offset) this.#early.delete(one);
    return !known;
  }
};

// src/room.ts
var mostDelays = 6;
var Room = class {
  name;
  positions = new PositionTracker();
  subscriptions = /* @__PURE__ */ new Set();
  /**
   * `wanted`: to be asked for. `token`: its subscription token is on its way. `asked`: the answer is. `refused`: until
   * the next connection.
   */
  phase = "wanted";
  /** For the next time that it is asked for; used once. */
  token;
  /** When a room that made others wait is asked for again, as performance.now() counts. */
  due = 0;
  /** The server joins it on connecting: the user's own, or one that the credential names. */
  own = false;
  /** Its last wish was part of one that was refused as a whole: it must not spoil that of others again. */
  alone = false;
  #joinedBefore = false;
  #asked = "nothing";
  #newest = 0;
  // messages that were asked for
  #backoff;
  constructor(name, { min, max, random }) {
    this.name = name;
    this.#backoff = new Backoff(min, max, random);
  }
  /** It was not decided about in time, or its token did not come: it must not make other rooms wait again. */
  get slow() {
    return this.#backoff.failures > 0;
  }
  /** Puts it off; answers whether it may be asked for once more. */
  postpone() {
    if (this.#backoff.failures >= mostDelays) return false;
    this.phase = "wanted";
    this.due = performance.now() + this.#backoff.next();
    return true;
  }
  /** What was before says nothing any more. */
  begin() {
    this.phase = "wanted";
    this.token = void 0;
    this.due = 0;
    this.#backoff.reset();
  }
  /** Another user goes on: what the one before has used says nothing. */
  changeUser() {
    this.own = false;
    if (this.#joinedBefore) this.positions.restart(void 0);
  }
  /** Where its token comes from: the token itself, or who is to be asked for it. */
  get tokenSource() {
    for (const { token } of this.subscriptions) if (token !== void 0) return token;
    return void 0;
  }
  get lacksToken() {
    return this.token === void 0 && typeof this.tokenSource === "function";
  }
  /** A new connection. What the server has joined itself needs no asking, unless something was missed. */
  greeted(own, position) {
    this.own = own;
    this.begin();
    this.positions.awaitMissed();
    if (!own || this.positions.at) return void 0;
    this.#asked = "nothing";
    this.positions.restart(position);
    return this.joined({ recovered: void 0, position });
  }
  /** Whether the server may have let the client in, so that a resume token may bring it back. */
  get mayBeIn() {
    return this.#joinedBefore || this.phase === "asked";
  }
  /** What to ask for, as the fields `since`, `last` and `tokens` of a `subscribe`. */
  wish() {
    const source = this.tokenSource;
    const token = typeof source === "string" ? source : source && this.token;
    const named = { room: this.name, ...token !== void 0 && { token } };
    const since = this.positions.at;
    if (since) return { ...named, since };
    const last = Math.max(0, ...[...this.subscriptions].map((one) => one.last ?? 0));
    return last > 0 && !this.own ? { ...named, last } : named;
  }
  asking(wish) {
    this.phase = "asked";
    this.token = void 0;
    this.#asked = wish.since ? "since" : wish.last ? "last" : "nothing";
    this.#newest = wish.last ?? 0;
  }
  /** The server has let the client in. */
  joined({ recovered, position }) {
    const first = !this.#joinedBefore;
    this.#joinedBefore = true;
    this.begin();
    this.phase = "joined";
    this.alone = false;
    const answer = { room: this.name, ...position && { position } };
    if (this.#asked === "since") {
      if (recovered) this.positions.recovered();
      else this.positions.restart(position);
      const caughtUp = { ...answer, recovered: recovered === true };
      const subscribed2 = { ...caughtUp, first };
      return recovered ? { subscribed: subscribed2, recovered: caughtUp } : { subscribed: subscribed2, recovered: caughtUp, gap: { ...answer, reason: "not_recovered" } };
    }
    const before = this.#asked === "last" ? this.#newest : 0;
    if (!this.own) this.positions.restart(position && { ...position, offset: Math.max(0, position.offset - before) });
    const subscribed = { ...answer, first };
    return first ? { subscribed } : { subscribed, gap: { ...answer, reason: "reconnected" } };
  }
};

// src/rooms.ts
var forNow2 = /* @__PURE__ */ new Set(["rate_limited", "too_many_requests", "not_subscribed"]);
var late = "timed_out";
var Rooms = class {
  #delays;
  #rooms = /* @__PURE__ */ new Map();
  #left = /* @__PURE__ */ new Set();
  // left while nobody could be told; a resume token would bring them back
  #leaving = /* @__PURE__ */ new Map();
  // what comes late from these is nobody's
  #mine;
  // the user's own room
  #resume;
  #nextResume;
  /** `delays`: of rooms that are put off. */
  constructor(delays = { min: 1e3, max: 3e4 }) {
    this.#delays = delays;
  }
  get(name) {
    return this.#rooms.get(name);
  }
  [Symbol.iterator]() {
    return this.#rooms.values();
  }
  /** Answers whether the server has to be asked. */
  add(name, options) {
    let room = this.#rooms.get(name);
    if (!room) {
      room = this.#create(name);
      room.own = name === this.#mine;
    }
    const asking = room.phase === "asked" || room.phase === "joined";
    if (options.since && !room.positions.at && !asking) room.positions.resumeAt(options.since);
    room.subscriptions.add(options);
    this.#left.delete(name);
    if (room.phase === "refused") room.begin();
    return { room, ask: room.phase === "wanted" };
  }
  /** Answers whether the room is to be left. */
  remove(room, options, connected) {
    room.subscriptions.delete(options);
    if (room.subscriptions.size > 0 || room.own || this.#rooms.get(room.name) !== room) return false;
    this.#rooms.delete(room.name);
    if (!connected && room.mayBeIn) this.#left.add(room.name);
    return connected && (room.phase === "joined" || room.phase === "asked");
  }
  leaving(name) {
    this.#leaving.set(name, (this.#leaving.get(name) ?? 0) + 1);
  }
  /** `told`: the server knows. Otherwise it may bring the room back, and what comes from it is nobody's. */
  hasLeft(name, told) {
    if (!told && !this.#rooms.has(name)) this.#left.add(name);
    const more = (this.#leaving.get(name) ?? 1) - 1;
    if (more > 0) this.#leaving.set(name, more);
    else this.#leaving.delete(name);
  }
  /** The next connection is another user's: only the wishes stay. */
  changeUser() {
    this.#nextResume = void 0;
    for (const room of [...this.#rooms.values()])
      if (room.subscriptions.size > 0) room.changeUser();
      else this.#rooms.delete(room.name);
  }
  /** A new connection: what the server has joined by itself, and what is to be asked for. */
  greeted(connected, resume) {
    const positions = connected.positions ?? {};
    this.#mine = connected.user_id === "" ? void 0 : `user:${connected.user_id}`;
    this.#leaving.clear();
    this.#resume = this.#nextResume;
    if (!this.#resume) this.#left.clear();
    this.#nextResume = resume && connected.resumable ? connected.resume_token : void 0;
    for (const name of Object.keys(positions)) if (!this.#rooms.has(name)) this.#create(name);
    const told = { news: [], lost: [] };
    for (const room of this.#rooms.values()) {
      const own = Object.hasOwn(positions, room.name) || room.name === this.#mine;
      if (!own && room.subscriptions.size === 0 && (room.own || !this.#resume)) {
        this.#rooms.delete(room.name);
        told.lost.push({ room: room.name, reason: "not_recovered" });
        continue;
      }
      const news = room.greeted(own, Object.hasOwn(positions, room.name) ? positions[room.name] : void 0);
      if (news) told.news.push({ room, news });
    }
    return told;
  }
  /**
   * Another credential has taken the place of the first one: what the server has joined and left with it. `ask`: there
   * is something to ask for. A room that is left and has subscriptions is asked for like any other.
   */
  refreshed({ joined = [], left = [], positions = {} }) {
    const told = { news: [], ask: false };
    for (const name of joined) {
      const position = Object.hasOwn(positions, name) ? positions[name] : void 0;
      const room = this.#rooms.get(name) ?? (position && this.#create(name));
      if (!room) continue;
      const asked = room.phase === "joined" || room.phase === "asked";
      const news = asked ? void 0 : room.greeted(true, position);
      room.own = true;
      if (news) told.news.push({ room, news });
      else if (!asked) told.ask = true;
    }
    for (const name of left) {
      const room = this.#rooms.get(name);
      if (!room) continue;
      room.own = false;
      if (room.subscriptions.size === 0) this.#rooms.delete(name);
      if (room.subscriptions.size === 0 || room.phase !== "joined") continue;
      room.begin();
      room.positions.awaitMissed();
      told.ask = true;
    }
    return told;
  }
  /** Up to `most` rooms that wait for nothing but their token; it is on its way from now on. */
  tokenless(most) {
    const now = performance.now();
    const all = [...this.#rooms.values()].filter((room) => room.phase === "wanted" && room.lacksToken && room.due <= now);
    const some = all.slice(0, most);
    for (const room of some) room.phase = "token";
    return some;
  }
  /** Its token has come. */
  hasToken(room, token) {
    if (this.#rooms.get(room.name) !== room || room.phase !== "token") return;
    room.phase = "wanted";
    room.token = token;
  }
  /** It has not. `forGood`: nor will it. */
  noToken(room, { code, message }, forGood2) {
    const outcome = nothing();
    if (this.#rooms.get(room.name) === room && room.phase === "token" && (forGood2 || !room.postpone()))
      this.#refuse(room, { room: room.name, code, message }, outcome);
    return outcome;
  }
  /** When the first of the rooms that were put off is due, as performance.now() counts. */
  get due() {
    let first;
    for (const room of this.#rooms.values())
      if (room.phase === "wanted" && room.slow) first = Math.min(room.due, first ?? Infinity);
    return first;
  }
  /** The next `subscribe` for rooms that were put off and are due, apart from all others. */
  nextSlow(maxBytes) {
    const now = performance.now();
    const wanted = [...this.#rooms.values()].filter(
      (room) => room.phase === "wanted" && room.slow && room.due <= now && !room.lacksToken
    );
    return wanted.length ? nextBatch(wanted, [], void 0, maxBytes) : void 0;
  }
  /** The next `subscribe` to send, and its rooms; nothing if there is no more to ask for. */
  next(maxBytes) {
    const wanted = [];
    const foreign = [];
    for (const room of this.#rooms.values())
      if (room.phase === "wanted" && !room.slow && !room.lacksToken)
        (room.subscriptions.size > 0 || room.own ? wanted : foreign).push(room);
    const resume = this.#resume;
    this.#resume = void 0;
    if (!wanted.length && !resume) return void 0;
    return nextBatch(wanted, foreign, resume, maxBytes);
  }
  /** What the answer to a `subscribe` for `asked` means. */
  answered(asked, answer) {
    const outcome = nothing();
    const refused = new Map((answer.rejected ?? []).map((one) => [one.room, one]));
    const joined = new Set(answer.rooms);
    for (const room of asked) {
      if (this.#rooms.get(room.name) !== room) continue;
      const rejection = refused.get(room.name);
      if (joined.has(room.name))
        outcome.news.push({
          room,
          news: room.joined({
            recovered: answer.recovered?.[room.name]?.recovered,
            position: answer.positions?.[room.name]
          })
        });
      else if (room.subscriptions.size === 0 && !room.own) {
        this.#rooms.delete(room.name);
        outcome.lost.push({ room: room.name, reason: "not_recovered" });
      } else this.#notJoined(room, rejection, outcome);
    }
    if (answer.resumed !== void 0) this.#forgetTheRest(outcome);
    if (answer.resumed) outcome.leave = answer.rooms.filter((name) => this.#left.has(name) && !this.#rooms.has(name));
    this.#left.clear();
    return outcome;
  }
  /** The whole `subscribe` was refused. `again`: for now. */
  failed(asked, rejection, again) {
    const outcome = nothing();
    const { code, message } = rejection;
    const alone = asked.length > 1 && code.startsWith("invalid_");
    for (const room of asked) {
      if (this.#rooms.get(room.name) !== room) continue;
      if (alone) room.alone = true;
      if (again && code === late && room.postpone()) continue;
      if (again && code !== late) this.#again(room, outcome);
      else if (alone && (room.subscriptions.size > 0 || room.own)) room.phase = "wanted";
      else this.#refuse(room, { room: room.name, code, message }, outcome);
    }
    return outcome;
  }
  /** Rooms that only the token could bring back, and that did not fit into its message. */
  #forgetTheRest(outcome) {
    for (const room of [...this.#rooms.values()]) {
      if (room.phase !== "wanted" || room.subscriptions.size > 0 || room.own) continue;
      this.#rooms.delete(room.name);
      outcome.lost.push({ room: room.name, reason: "not_recovered" });
    }
  }
  #notJoined(room, rejection, outcome) {
    if (rejection?.code === late && room.postpone()) return;
    if (!rejection || forNow2.has(rejection.code)) this.#again(room, outcome);
    else this.#refuse(room, rejection, outcome);
  }
  /** About a second later: many clients ask for many rooms. */
  #again(room, outcome) {
    room.phase = "wanted";
    room.due = performance.now() + 900;
    outcome.again = true;
  }
  #create(name) {
    const room = new Room(name, this.#delays);
    this.#rooms.set(name, room);
    return room;
  }
  #refuse(room, rejection, outcome) {
    room.phase = "refused";
    outcome.rejected.push({ room, rejection });
  }
  /** Whether a message is new, and whose it is. */
  take(message) {
    const { room: name, epoch, offset } = message;
    if (name === void 0) return { fresh: true };
    if (this.#leaving.has(name)) return { fresh: false };
    let room = this.#rooms.get(name);
    if (epoch === void 0 || offset === void 0) return { fresh: true, ...room && { room } };
    if (!room) {
      if (this.#left.has(name)) return { fresh: false };
      room = this.#create(name);
      room.phase = "joined";
    }
    return { fresh: room.positions.take({ epoch, offset }), room };
  }
  /** A `gap` that names a position moves the stream there. */
  gap(name, position) {
    if (name !== void 0 && position) this.#rooms.get(name)?.positions.skipTo(position);
  }
};

// src/subscription.ts
function checkWish(room, { last, since, token }) {
  const natural = (value) => Number.isSafeInteger(value) && value >= 0;
  const bad = (what) => {
    throw new FanfareError("invalid_argument", `subscribe: ${what}`);
  };
  if (typeof room !== "string" || !room || /\p{Surrogate}/u.test(room)) bad("the room must be a text, and not empty");
  if (last !== void 0 && !natural(last)) bad("last must be a whole number, zero or more");
  const fault = token === void 0 || typeof token === "function" ? void 0 : faultOfRoomToken(token);
  if (fault) bad(fault);
  if (since === void 0 || since === null) return;
  const { epoch, offset } = since;
  if (typeof epoch !== "string" || !/^[0-9a-f]{16}$/.test(epoch) || !natural(offset))
    bad("since must be a position: {epoch: 16 hexadecimal digits, offset: a whole number}");
}

// src/client.ts
var drainInterval = 50;
var FanfareClient = class {
  inbox;
  #settings;
  #link;
  #rooms;
  #outgoing;
  #joiner;
  #renewal;
  #events;
  #connected;
  #everConnected = false;
  #user;
  // of the last connection
  #waitsFor;
  // whose messages wait: the user since the last disconnect()
  #draining;
  #tellingError = false;
  /** `url` is that of the WebSocket: absolute or relative to the page, http(s) or ws(s). `connect()` begins. */
  constructor(url, options = {}) {
    const settings = this.#settings = settingsFrom(options);
    this.#events = new Emitter(this.#failed);
    this.#rooms = new Rooms({ ...settings.backoff, random: settings.random });
    this.#outgoing = new Outgoing(settings, (text, id, urgent) => this.#transmit(text, id, urgent));
    this.inbox = new Inbox(
      (type, payload, retry = true) => this.#ask({ type, payload }, {}, retry),
      this.#failed,
      settings.maxMessageBytes
    );
    this.#joiner = new Joiner(
      this.#rooms,
      this.#outgoing,
      {
        outcome: (outcome) => this.#joined(outcome),
        deaf: (error) => this.#link.drop(error),
        error: (error) => this.#error(error)
      },
      settings.maxMessageBytes,
      settings.connectTimeout
    );
    this.#renewal = new Renewal(settings, {
      send: (credential) => this.#sendRefresh(credential),
      error: (error) => this.#error(error)
    });
    this.#link = new Link(url, settings, {
      status: (status) => this.#events.emit("state", status),
      connected: (payload) => this.#greeted(payload),
      message: (text) => this.#received(text),
      released: () => this.#released(),
      lost: (info) => this.#events.emit("close", info),
      error: (error) => this.#error(error)
    });
  }
  /** Begins, and keeps on. Does nothing while it is already trying. */
  connect() {
    this.#link.start();
  }
  /** Ends everything: no timer, listener or open promise is left. Subscriptions stay, for another `connect()`. */
  disconnect() {
    this.#joiner.stop();
    this.#renewal.stop();
    this.#waitsFor = void 0;
    this.#outgoing.clear(new FanfareError("closed", "disconnected"));
    this.#link.stop();
  }
  get state() {
    return this.#link.status.state;
  }
  get status() {
    return this.#link.status;
  }
  get connectionId() {
    return this.#link.greeting?.connection_id;
  }
  get userId() {
    return this.#link.greeting?.user_id;
  }
  get transport() {
    return this.#link.transport?.kind;
  }
  /** How many messages wait to be sent. */
  get queued() {
    return this.#outgoing.queued;
  }
  /** Called at each change; `client.state` is what it is now. */
  onState(handler) {
    return this.#events.on("state", (status) => handler(status.state, status));
  }
  on(event, handler) {
    return this.#events.on(event, handler);
  }
  /** At any time; the room is joined when there is a connection, and again on every later one. */
  subscribe(name, options = {}) {
    checkWish(name, options);
    const own = { ...options };
    const { room, ask: ask2 } = this.#rooms.add(name, own);
    if (ask2 && this.#connected) this.#joiner.join();
    let over = false;
    const joined = () => !over && this.#connected !== void 0 && room.phase === "joined";
    if (room.phase === "joined")
      queueMicrotask(() => {
        const { at } = room.positions;
        if (!joined()) return;
        guarded(this.#failed, own.subscribed, { room: name, first: true, ...at && { position: at } });
      });
    const rooms = this.#rooms;
    return {
      room: name,
      get joined() {
        return joined();
      },
      get position() {
        return room.positions.at;
      },
      unsubscribe: () => {
        if (over) return;
        over = true;
        if (rooms.remove(room, own, this.#connected !== void 0)) this.#joiner.leave([name]);
      }
    };
  }
  /**
   * Answers when the server has stored and sent it. With an `idempotencyKey` it is sent again if the connection breaks
   * before the answer; without one that is the error `connection_lost`, and nobody knows whether it was published.
   * `trace`, a `traceparent` of W3C Trace Context, goes to the receivers with the message.
   */
  publish(room, type, payload, options = {}) {
    const { idempotencyKey: idempotency_key, trace } = options;
    const retry = idempotency_key !== void 0;
    const body = { type, ...payload !== void 0 && { payload }, ...retry && { idempotency_key } };
    const message = { type: "publish", room, payload: body, ...trace !== void 0 && { trace } };
    return this.#ask(message, options, retry);
  }
  /** Asks the application; answers the payload of its answer. `retry`: again if the connection breaks before it. */
  request(type, payload, options = {}) {
    return this.#ask({ type, ...payload !== void 0 && { payload } }, options, options.retry === true);
  }
  /** Sends without waiting for an answer. Throws when it cannot be taken, as when the queue is full. */
  send(type, payload) {
    this.#mustBeOn(type);
    this.#outgoing.send({ type, ...payload !== void 0 && { payload } });
  }
  /** A page of a room's history. `since`: what is after it, or with `order: 'newest'` before it. */
  history(room, options = {}) {
    const { limit, order, since } = options;
    const payload = { room, ...limit !== void 0 && { limit }, ...order && { order }, ...since && { since } };
    return this.#ask({ type: "history", payload }, options, true);
  }
  presence(room, options = {}) {
    const { limit } = options;
    const payload = { room, ...limit !== void 0 && { limit } };
    return this.#ask({ type: "presence", payload }, options, true);
  }
  /**
   * Asks for a fresh credential and replaces that of the connection by it; the client does so by itself when the server
   * says that it is about to expire. Rejects with `credential_failed`, `not_connected`, or what the server says.
   */
  refresh() {
    return this.#renewal.refresh();
  }
  /** Confirms a message that has an `ack_id`. */
  async ack(id) {
    await this.#ask({ type: "ack", payload: { id } }, {}, true);
  }
  #ask(message, { timeout }, retry) {
    return new Promise((resolve2, reject) => {
      this.#mustBeOn(message.type);
      this.#outgoing.request(message, {
        timeout: timeout ?? this.#settings.requestTimeout,
        retry,
        settled: (error, answer) => error ? reject(error) : resolve2(answer.payload)
      });
    });
  }
  #sendRefresh(credential) {
    return new Promise((resolve2, reject) => {
      const transport = this.#link.transport;
      this.#outgoing.request(
        { type: "refresh", payload: credential },
        {
          timeout: this.#settings.requestTimeout,
          retry: false,
          urgent: true,
          settled: (error, answer) => {
            if (error) return reject(error);
            try {
              resolve2(this.#refreshed(refreshedFrom(answer.payload)));
              transport?.renewed(credential);
            } catch (cause) {
              reject(new FanfareError("bad_message", "the answer to refresh makes no sense", { cause }));
            }
          }
        }
      );
    });
  }
  /** In the turn in which it came: the next message may be one of a room that was joined. */
  #refreshed(answer) {
    const connection = this.#connected;
    const { news, ask: ask2 } = this.#rooms.refreshed(answer);
    if (ask2) this.#joiner.join();
    for (const one of news) if (this.#connected === connection) this.#tell(one);
    if (this.#connected === connection) this.#events.emit("refreshed", answer);
    return answer;
  }
  #mustBeOn(what) {
    if (this.state === "idle" || this.state === "closed")
      throw new FanfareError("not_connected", `${what}: the client is ${this.state}; call connect() first`);
  }
  #transmit(text, id, urgent = false) {
    const transport = this.#link.transport;
    if (!transport || !this.#connected) return false;
    if (!urgent && transport.buffered > this.#settings.maxQueueBytes) {
      this.#draining ??= setTimeout(() => {
        this.#draining = void 0;
        this.#outgoing.flush();
      }, drainInterval);
      return false;
    }
    transport.send(text, id);
    return true;
  }
  #greeted(payload) {
    this.#connected = payload;
    const changed = this.#changeUser(payload.user_id);
    this.#renewal.start();
    const { news, lost } = this.#rooms.greeted(payload, this.#settings.resume);
    const here = () => this.#connected === payload;
    const first = !this.#everConnected;
    this.#everConnected = true;
    this.inbox.connected(payload.user_id, first);
    if (here()) this.#joiner.start();
    if (here() && changed) this.#error(changed);
    for (const one of news) if (here()) this.#tell(one);
    for (const info of lost) if (here()) this.#lost(info);
    this.#outgoing.flush();
    if (here()) this.#events.emit("connected", payload);
  }
  /** What the user before has left behind must not be done in the name of another one. */
  #changeUser(user) {
    const before = this.#user;
    const waitsFor = this.#waitsFor;
    this.#user = this.#waitsFor = user;
    if (before === void 0 || before === user) return void 0;
    const name = (one) => one ? JSON.stringify(one) : "an anonymous visitor";
    const text = `the connection is ${name(user)}'s now; the one before was ${name(before)}'s`;
    const error = new FanfareError("user_changed", text);
    this.#rooms.changeUser();
    if (waitsFor !== void 0) this.#outgoing.clear(error);
    return error;
  }
  #released() {
    this.#connected = void 0;
    clearTimeout(this.#draining);
    this.#draining = void 0;
    this.#joiner.stop();
    this.#renewal.stop();
    this.#outgoing.linkLost();
  }
  #received(text) {
    try {
      this.#handle(JSON.parse(text));
    } catch (cause) {
      const what = cause instanceof SyntaxError ? "that is not JSON" : "that makes no sense";
      this.#error(new FanfareError("bad_message", `the server sent something ${what}`, { cause }));
    }
  }
  #handle(message) {
    if (typeof message?.type !== "string") throw new TypeError("a message without a type");
    if (this.#outgoing.answer(message) || message.type === "pong") return;
    if (message.request_id !== void 0) return;
    if (message.type === "gap") return this.#gap(message);
    if (message.room === void 0 && message.type === "expiring") return this.#expiring(message);
    if (message.room === void 0 && message.type === "refreshed")
      return void this.#refreshed(refreshedFrom(message.payload));
    if (message.type === "error")
      return this.#error(new FanfareError(message.payload.code, message.payload.message));
    this.#deliver(message);
  }
  #deliver(message) {
    const { fresh, room } = this.#rooms.take(message);
    if (!fresh) return;
    let taken = room ? dispatch(room, message, this.#failed) : 0;
    taken += this.inbox.take(message) + this.#events.emit("message", message);
    const id = message.payload?.ack_id;
    if (taken > 0 && typeof id === "string" && this.#settings.autoAck && this.#connected)
      this.ack(id).catch((error) => this.#error(error));
  }
  #expiring({ payload, timestamp }) {
    const connection = this.#connected;
    this.#renewal.expiring(payload, timestamp);
    if (this.#connected === connection) this.#events.emit("expiring", payload);
  }
  #gap(message) {
    const {
      room,
      payload: { reason, dropped, epoch, offset }
    } = message;
    const position = epoch !== void 0 && offset !== void 0 ? { epoch, offset } : void 0;
    this.#rooms.gap(room, position);
    this.#lost({
      reason,
      ...room !== void 0 && { room },
      ...dropped !== void 0 && { dropped },
      ...position && { position }
    });
  }
  #lost(info) {
    tellGap(this.#rooms, info, this.#failed);
    this.#events.emit("gap", info);
    if (info.room === void 0 || info.room === `user:${this.userId}`) this.inbox.stale();
  }
  #tell({ room, news }) {
    tell(room, news, this.#failed);
    if (news.gap) this.#lost(news.gap);
  }
  #joined(outcome) {
    const connection = this.#connected;
    const here = () => this.#connected === connection;
    for (const one of outcome.news) if (here()) this.#tell(one);
    for (const info of outcome.lost) if (here()) this.#lost(info);
    for (const { room, rejection } of outcome.rejected) {
      if (!here()) return;
      const error = new FanfareError(rejection.code, `${rejection.room}: ${rejection.message}`);
      for (const one of [...room.subscriptions])
        if (room.subscriptions.has(one)) guarded(this.#failed, one.rejected, error, rejection);
      this.#events.emit("rejected", rejection);
    }
    if (here()) this.#joiner.leave(outcome.leave.filter((name) => !this.#rooms.get(name)));
  }
  #failed = (cause) => this.#error(new FanfareError("handler_failed", `a handler threw: ${messageOf(cause)}`, { cause }));
  /** A handler's own mistake is never swallowed; what the network does is seen in the state, too. */
  #error(error) {
    const nested = this.#tellingError;
    if (error.code === "handler_failed" && (nested || !this.#events.has("error")))
      return queueMicrotask(() => {
        throw error.cause;
      });
    this.#tellingError = true;
    this.#events.emit("error", error);
    this.#tellingError = nested;
  }
};
export {
  FanfareClient,
  FanfareError,
  shouldReconnect
};
