// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Who this browser is: a name, and the key that proves it. And what has been read.

const memory = new Map(); // Where the browser keeps nothing, a reload forgets.

function load(key) {
  try { return localStorage.getItem('chat-' + key); } catch { return memory.get(key) ?? null; }
}
function save(key, value) {
  try { localStorage.setItem('chat-' + key, value); } catch { memory.set(key, value); }
}
function loadJson(key, otherwise) {
  try { return JSON.parse(load(key)) ?? otherwise; } catch { return otherwise; }
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/// One for each message: the server takes a message with a key that it knows only once.
export const messageKey = () => newKey().slice(0, 22);

function ownKey() {
  if (!load('key')) save('key', newKey());
  return load('key');
}

/// A ticket for the name: `{ticket, user_id}`. Throws what the server says against it.
export async function fetchTicket(name) {
  const answer = await fetch('/chat/tickets', { method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, key: ownKey() }), signal: AbortSignal.timeout(15000) });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error?.message ?? `the server answered ${answer.status}`);
  return body;
}

export const kept = {
  get name() { return load('name') ?? ''; },
  set name(name) { save('name', name); },
  /// Names of rooms that were joined.
  get rooms() { return loadJson('rooms', ['lobby']); },
  set rooms(names) { save('rooms', JSON.stringify(names)); },
};

/// Up to where a room was read, as `{epoch, offset}`. All tabs of the browser share it.
export const readUpTo = room => loadJson('read', {})[room];

export function markRead(room, { epoch, offset }) {
  const all = loadJson('read', {});
  if (all[room]?.epoch === epoch && all[room].offset >= offset) return false;
  save('read', JSON.stringify({ ...all, [room]: { epoch, offset } }));
  return true;
}

/// Calls `f` when another tab has read something.
export function onReadElsewhere(f) {
  addEventListener('storage', event => { if (event.key === 'chat-read') f(); });
}
