// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The chat's page: who the visitor is, the connection, and the room in front.
import { FanfareClient } from '/fanfare_client.js';
import { $ } from './dom.js';
import { Room } from './room.js';
import { fetchTicket, kept, onReadElsewhere } from './session.js';
import { showPeople, showRooms } from './sidebar.js';

const known = await fetchRooms();
const rooms = new Map(); // name: Room, of those that are joined
let client, front, me, name = kept.name;
let firstTicket = null; // The name was checked with it.

async function fetchRooms() {
  try {
    return await (await fetch('/chat/rooms', { signal: AbortSignal.timeout(15000) })).json();
  } catch (error) {
    $('state').textContent = 'The server does not answer. Reload the page to try again.';
    $('link').hidden = false;
    throw error;
  }
}

// ---- who ----
async function enter(event) {
  event.preventDefault();
  const chosen = $('name').value.trim();
  try {
    firstTicket = await fetchTicket(chosen);
    kept.name = name = chosen;
    start(firstTicket.user_id);
    $('welcome').close();
  } catch (error) {
    $('name-wrong').textContent = error.message;
    $('name').select();
  }
}

function askName(why = '') {
  $('name').value = name;
  $('name-wrong').textContent = why;
  $('welcome').showModal();
}

async function ticket() {
  const { ticket } = firstTicket ?? await fetchTicket(name);
  firstTicket = null;
  return ticket;
}

function start(user) {
  for (const room of rooms.values()) room.close();
  rooms.clear();
  front = undefined;
  client?.disconnect();
  me = user;
  $('me').textContent = name;
  client = new FanfareClient('/api/v1/ws', { ticket, transports: transports() });
  client.onState(showState);
  client.connect();
  for (const joined of kept.rooms) join(joined);
  open(location.hash.slice(1) || [...rooms.keys()][0] || known.rooms[0].name);
}

// ?transport=sse does without WebSocket.
function transports() {
  const wanted = new URLSearchParams(location.search).get('transport');
  return ['websocket', 'sse'].includes(wanted) ? [wanted] : ['websocket', 'sse'];
}

// ---- rooms ----
function join(which) {
  const about = known.rooms.find(room => room.name === which);
  if (!about || rooms.has(which)) return;
  const room = new Room(client, about, me, {
    changed: () => { if (rooms.get(which) === room) draw(); },
    isRead: one => one === front && document.visibilityState === 'visible' && document.hasFocus(),
  });
  room.myName = () => name;
  rooms.set(which, room);
  room.timeline.hide();
  $('talk').append(room.timeline.node);
  kept.rooms = [...rooms.keys()];
}

function open(which) {
  join(which);
  const room = rooms.get(which) ?? [...rooms.values()][0];
  if (!room) return;
  if (front !== room) {
    if (front) front.draft = $('text').value;
    front?.timeline.removeLine('new');
    front?.timeline.hide();
    $('text').value = room.draft;
  }
  front = room;
  history.replaceState(null, '', location.search + '#' + room.name);
  room.timeline.show();
  room.count();
  $('text').placeholder = `Write to ${room.title}`;
  grow();
  closePanels();
  draw();
}

function leave() {
  rooms.delete(front.name);
  kept.rooms = [...rooms.keys()];
  front.close();
  front = undefined;
  open([...rooms.keys()][0] ?? known.rooms[0].name);
}

// ---- what is seen ----
let asked = false;
function draw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; if (front) drawNow(); });
}

function drawNow() {
  const unread = [...rooms.values()].reduce((sum, room) => sum + room.unread, 0);
  document.title = `${unread ? `(${unread}) ` : ''}${front.title}: Fanfare chat`;
  $('title').textContent = front.title;
  $('topic').textContent = front.refused || front.notice || front.topic;
  $('leave').hidden = rooms.size < 2;
  $('typing').textContent = front.typing;
  $('down').hidden = front.timeline.atEnd;
  $('down').textContent = front.unread ? `${front.unread} new below` : 'Newest messages';
  $('elsewhere').hidden = unread === front.unread;
  $('count').textContent = front.people.size;
  $('show-people').setAttribute('aria-label', `People in this room: ${front.people.size}`);
  showRooms(known.rooms, rooms, front, open);
  showPeople(front.people, me);
}

let countdown;
function showState() {
  const { state, nextAttempt, reason, transport } = client.status;
  clearInterval(countdown);
  const say = () => {
    const left = Math.max(0, Math.ceil(((nextAttempt ?? 0) - Date.now()) / 1000));
    $('state').textContent = { connected: '', connecting: 'Connecting', idle: '',
      waiting: `No connection. Next attempt in ${left} s. What you write is sent then.`,
      closed: `Not connected: ${reason ?? 'the server said so'}` }[state];
  };
  say();
  if (state === 'waiting') countdown = setInterval(say, 500);
  $('link').dataset.state = state;
  $('link').hidden = state === 'connected' || state === 'idle';
  $('again').hidden = state === 'connecting';
  $('instance').textContent = `on ${location.host}${transport ? `, ${transport}` : ''}`;
}

// ---- writing ----
function submit(event) {
  event?.preventDefault();
  const text = $('text').value.trim();
  if (!text || [...text].length > known.max_text) return;
  front.send(text);
  $('text').value = '';
  grow();
}

function grow() {
  const box = $('text'), left = known.max_text - [...box.value].length;
  box.style.height = 'auto';
  box.style.height = Math.min(box.scrollHeight + 2, 160) + 'px';
  $('left').textContent = left < 100 ? (left < 0 ? `${-left} too many` : `${left} left`) : '';
  $('send').disabled = left < 0;
}

function closePanels() {
  for (const [button, panel] of [['show-rooms', 'sidebar'], ['show-people', 'people']]) {
    const isOpen = $(button).getAttribute('aria-expanded') === 'true';
    if (isOpen && $(panel).contains(document.activeElement)) $(button).focus();
    $(button).setAttribute('aria-expanded', 'false');
    $('app').classList.remove(button);
  }
}

function togglePanel(button) {
  const opens = $(button).getAttribute('aria-expanded') !== 'true';
  closePanels();
  $(button).setAttribute('aria-expanded', String(opens));
  $('app').classList.toggle(button, opens);
}

$('enter').onsubmit = enter;
// Without a name there is nothing to go back to. A browser may close a dialog whatever one says to `cancel`.
$('welcome').onclose = () => { if (!me) $('welcome').showModal(); };
$('me').onclick = () => askName();
$('leave').onclick = leave;
$('again').onclick = () => { client.disconnect(); client.connect(); };
$('down').onclick = () => { front.timeline.toEnd(); front.count(); };
$('composer').onsubmit = submit;
$('text').oninput = () => { grow(); if ($('text').value.trim()) front.type(); };
$('text').onkeydown = event => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); }
};
for (const button of ['show-rooms', 'show-people']) $(button).onclick = () => togglePanel(button);
addEventListener('keydown', event => { if (event.key === 'Escape') closePanels(); });
const look = () => { if (front) { front.count(); draw(); } };
addEventListener('focus', look);
document.addEventListener('visibilitychange', look);
onReadElsewhere(() => { for (const room of rooms.values()) room.count(); });
$('instance').textContent = 'on ' + location.host;
$('name').maxLength = 2 * known.max_name; // The server counts characters, this UTF-16 units.

if (name) {
  try {
    firstTicket = await fetchTicket(name);
    start(firstTicket.user_id);
  } catch (error) { // Not this name any more, or no server.
    askName(error.message);
  }
} else {
  showRooms(known.rooms, rooms, front, open);
  askName();
}
