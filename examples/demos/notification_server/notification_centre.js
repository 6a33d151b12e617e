// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The page: one client, what arrives over it, and how the connection stands.
// ?user=NAME is the visitor, ?rooms=a,b the rooms, ?transport=sse does without WebSocket.
import { FanfareClient } from './fanfare_client.js';
import { offerCommand } from './command.js';
import * as devices from './devices.js';
import { $, isObject } from './dom.js';
import * as feed from './feed.js';
import { InboxPanel } from './inbox.js';
import { Rooms } from './rooms.js';
import { dismissNewest, toast } from './toasts.js';

const query = new URLSearchParams(location.search);
const user = query.get('user') ?? '';
const namesIn = text => text.split(',').map(name => name.trim()).filter(Boolean);

const wanted = query.get('transport');
const client = new FanfareClient('api/v1/ws' + (user ? `?user=${encodeURIComponent(user)}` : ''), {
  transports: ['websocket', 'sse'].includes(wanted) ? [wanted] : ['websocket', 'sse'],
  ...(query.has('ticket') && { ticket }),
});
const rooms = new Rooms(client, keepInAddress);
const inbox = new InboxPanel(client, (text, { code, message }) => {
  feed.note('error', { code, message });
  toast('warning', text, message);
});

// A server that wants tickets gives one to this machine's own pages, if it has no admin key.
async function ticket({ signal }) {
  const answer = await fetch('api/v1/tickets', { method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ user_id: user }), signal });
  const { ticket, error } = await answer.json();
  if (!answer.ok) throw new Error(error?.message ?? `the server answered ${answer.status}`);
  return ticket;
}

// ---- what arrives ----
const actions = {
  telemetry: devices.telemetry,
  device_status: devices.status,
  alert: payload => toast(payload.severity, payload.message ?? JSON.stringify(payload),
    [payload.severity, payload.device_id].filter(Boolean).join(' · ')),
  notification: payload => toast('info', payload.title ?? 'Notification', payload.message, payload.id),
};

// A device's own room and `global` carry the same news: once is enough for the card and the toast.
const news = new Map();
function isEcho({ type, room, payload }) {
  const key = type + JSON.stringify(payload), at = performance.now(), earlier = news.get(key);
  if (earlier && earlier.room !== room && at - earlier.at < 2000) return true;
  news.delete(key);
  news.set(key, { room, at });
  if (news.size > 100) news.delete(news.keys().next().value);
  return false;
}

function act(message) {
  const { type, payload } = message;
  if (!isObject(payload) || !Object.hasOwn(actions, type) || isEcho(message)) return;
  const aboutDevice = type === 'telemetry' || type === 'device_status';
  if (rooms.isReplay(message) && !aboutDevice) return; // One toast tells of them all.
  if (!aboutDevice || payload.device_id !== undefined) actions[type](payload);
}

client.on('message', message => {
  feed.arrived();
  feed.show(message);
  act(message);
});
client.on('gap', gap => rooms.gap(gap));
client.on('error', ({ code, message, cause }) => {
  feed.note('error', { code, message });
  if (code === 'handler_failed') console.error(cause);
});

// ---- the connection ----
let greeted = 0, away = false, countdown;

client.on('connected', payload => {
  $('connection-id').textContent = payload.connection_id;
  $('user').textContent = payload.user_id;
  rooms.connected(payload);
  inbox.connected(payload.user_id, ++greeted === 1);
});
client.on('close', ({ code, reason }) => {
  feed.note('closed', { code, reason: away ? 'you went offline' : reason || 'connection lost' });
  rooms.disconnected();
});

const looks = { connected: 'ok', connecting: 'warn', waiting: 'warn', closed: 'bad', idle: 'bad' };
const names = { waiting: 'reconnecting', idle: 'offline' };

function showState(state, { nextAttempt, transport, code, reason, error }) {
  clearInterval(countdown);
  const name = names[state] ?? state;
  Object.assign($('state'), { className: 'chip ' + looks[state], textContent: name });
  $('state').dataset.state = $('link').dataset.state = name;
  $('transport').textContent = { websocket: 'over WebSocket', sse: 'over SSE' }[transport] ?? '';
  const say = () => {
    const left = Math.max(0, (nextAttempt - Date.now()) / 1000).toFixed(1);
    $('detail').textContent = { connected: '', connecting: '',
      waiting: `${reason || 'connection lost'}, next attempt in ${left} s`,
      closed: code ? `${reason || 'closed by the server'} (${code})` : reason,
      idle: 'what rooms with a history get now is shown when you are back' }[state];
  };
  say();
  if (state === 'waiting') countdown = setInterval(say, 200);
  $('who').hidden = state !== 'connected';
  $('again').hidden = !['waiting', 'closed'].includes(state);
  $('offline').setAttribute('aria-checked', String(!away));
  $('offline').textContent = away ? 'Offline' : 'Online';
  if (state === 'closed' && error?.code === 'unauthorized' && user && !query.has('ticket')) askForTickets();
  rooms.show();
  inbox.redraw();
}

function askForTickets() {
  query.set('ticket', '');
  location.replace('?' + query);
}

function goOnline() {
  away = false;
  client.disconnect(); // Ends the waiting for the next attempt.
  client.connect();
}

function goOffline() {
  away = true;
  client.disconnect();
}

// A reload finds the same rooms.
function keepInAddress(names) {
  devices.showJoinButtons();
  if ((query.get('rooms') ?? '') === names.join(',')) return;
  if (names.length) query.set('rooms', names.join(',')); else query.delete('rooms');
  history.replaceState(null, '', '?' + query);
}

// ---- the visitor's hands ----
client.onState(showState);
$('again').onclick = goOnline;
$('offline').onclick = () => (away ? goOnline() : goOffline());
$('join').onsubmit = event => {
  event.preventDefault();
  rooms.join(namesIn($('room').value));
  $('join').reset();
};
$('sign-in').hidden = $('how-to-enter').hidden = user !== '';
$('sign-in').onsubmit = event => {
  event.preventDefault();
  query.set('user', $('name').value.trim());
  location.search = query;
};
addEventListener('keydown', event => {
  if (event.key !== 'Escape') return;
  if (inbox.isOpen) inbox.close(); else dismissNewest();
});
devices.useRooms({ isWanted: rooms.isWanted, join: name => rooms.join([name]) });
offerCommand(user);
rooms.join(['global', ...namesIn(query.get('rooms') ?? '')]);
client.connect();
