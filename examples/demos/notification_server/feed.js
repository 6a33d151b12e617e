// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Everything that arrives, newest first. Rows are built once a frame and never more than the feed shows, so that a
// burst costs no more than a screenful.
import { $, clock, el, onceAFrame, stamp } from './dom.js';

const limits = { rows: 200, earlier: 200 };
let waiting = [], paused = false, arrivals = 0;

/// Counts a message from the server.
export const arrived = () => { arrivals++; };

/// Something that happened here, not a message.
export const note = (type, payload, room) => show({ type, room, payload, timestamp: stamp() }, 'local');

export function show(message, look = '') {
  waiting.push([message, look]);
  if (waiting.length > limits.rows) waiting.shift();
  if (!paused) draw();
}

const draw = onceAFrame(() => {
  if (paused) return;
  $('feed').prepend(...waiting.map(([message, look]) => rowOf(message, look)).reverse());
  waiting = [];
  drop(':scope > :not(.earlier)', limits.rows);
});

// The focus must not fall off the page with the row that had it.
function drop(which, most) {
  for (const row of [...$('feed').querySelectorAll(which)].slice(most)) {
    if (row.matches(':focus-within')) $('feed').focus();
    row.remove();
  }
}

/// Messages that were before those in the feed, newest first.
export function showEarlier(messages) {
  $('feed').append(...messages.map(message => rowOf(message, 'earlier')));
  drop('.earlier', limits.earlier);
}

const passes = row => $('filter').value.toLowerCase().split(/\s+/).filter(Boolean).every(word =>
  word.length > 1 && word[0] === '-' ? !row.words.includes(word.slice(1)) : row.words.includes(word));

function rowOf(message, look) {
  const { type, room = '', payload, timestamp } = message;
  const at = new Date(timestamp), when = isNaN(at) ? '' : clock(at);
  const short = type === 'gap' && payload?.dropped !== undefined
    ? `${payload.dropped} messages were dropped here` : JSON.stringify(payload ?? null);
  const span = (className, textContent) => el('span', { className, textContent });
  const row = el('details', { className: look }, el('summary', { tabIndex: -1 }, el('time', { textContent: when }),
    span('type', type), span('room', room), el('code', { className: 'payload', textContent: short })));
  const severity = type === 'alert' ? String(payload?.severity) : type;
  if (/^[a-z_]+$/.test(severity)) row.classList.add(severity);
  Object.assign(row.dataset, { testid: 'row', type, room });
  row.words = row.textContent.toLowerCase();
  row.hidden = !passes(row);
  row.addEventListener('toggle', () => row.append(el('pre', { textContent: JSON.stringify(message, null, 2) })),
    { once: true });
  return row;
}

let total = 0, recent = [0, 0, 0];
setInterval(() => {
  total += arrivals;
  recent = [...recent.slice(1), arrivals];
  arrivals = 0;
  const mean = recent.reduce((a, b) => a + b) / recent.length;
  $('rate').textContent = mean >= 10 || mean === 0 ? mean.toFixed(0) : mean.toFixed(1);
  $('total').textContent = total.toLocaleString('en');
}, 1000);

// One stop for the tab key, however many rows there are; the arrows go through them.
$('feed').onkeydown = event => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const rows = [...$('feed').children].filter(row => !row.hidden);
  const next = rows[rows.findIndex(row => row.matches(':focus-within')) + step];
  if (next) event.preventDefault();
  next?.firstElementChild.focus();
};

$('clear').onclick = () => { waiting = []; $('feed').replaceChildren(); };
$('filter').oninput = () => { for (const row of $('feed').children) row.hidden = !passes(row); };
$('pause').onclick = () => {
  paused = !paused;
  $('pause').setAttribute('aria-pressed', String(paused));
  $('pause').textContent = paused ? 'Resume' : 'Pause';
  if (!paused) draw();
};
