// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A card for each device that was heard of, with what it last said and a line of what it said before.
import { $, button, el, svgElement } from './dom.js';

const limits = { cards: 48, metrics: 8, points: 60 };
const cards = new Map();
let host = { isWanted: () => true, join() {} };

const known = { __proto__: null,
  cpu_percent: ['CPU', value => value.toFixed(1) + ' %', 100],
  memory_percent: ['Memory', value => value.toFixed(1) + ' %', 100],
  load1: ['Load 1 min', value => value.toFixed(2)],
  net_rx_bps: ['Net in', bits],
  net_tx_bps: ['Net out', bits],
  uptime_seconds: null, // A straight line is no news.
};

function bits(value) {
  const step = value >= 1e9 ? 3 : value >= 1e6 ? 2 : value >= 1e3 ? 1 : 0;
  return (value / 1000 ** step).toFixed(step ? 1 : 0) + ' ' + ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'][step];
}

/// `isWanted(room)` and `join(room)` are the page's rooms.
export function useRooms(rooms) { host = rooms; }

export function showJoinButtons() {
  for (const [id, card] of cards) card.join.hidden = host.isWanted('device:' + id);
}

export const telemetry = payload => cardOf(payload.device_id).update(payload);
export const status = payload => cardOf(payload.device_id).status(String(payload.status ?? 'unknown'));

class Card {
  metrics = new Map();
  seen = 0;
  chip = el('span', { className: 'chip' });

  constructor(id) {
    this.join = button('Join', () => host.join('device:' + id), 'Join device:' + id);
    this.join.setAttribute('aria-label', 'Join device:' + id);
    this.join.hidden = host.isWanted('device:' + id);
    this.node = el('article', { className: 'card' },
      el('header', {}, el('h3', { textContent: id, title: id }), this.join, this.chip));
    Object.assign(this.node.dataset, { testid: 'card', device: id });
    $('cards').append(this.node);
  }
  show(label, look) {
    Object.assign(this.chip, { textContent: label, className: 'chip ' + look });
    this.node.classList.toggle('quiet', look !== 'ok');
  }
  status(state) {
    this.seen = performance.now();
    this.offline = state !== 'online';
    this.show(state, this.offline ? 'bad' : 'ok');
  }
  update(payload) {
    this.status('online'); // Who talks is there.
    for (const [name, value] of Object.entries(payload)) {
      const fits = name in known ? known[name] : typeof value === 'number';
      if (fits && this.metrics.size < limits.metrics && !this.metrics.has(name))
        this.metrics.set(name, metricRow(this.node, name));
      this.metrics.get(name)?.(value);
    }
  }
  age() {
    const quiet = Math.round((performance.now() - this.seen) / 1000);
    if (!this.offline && quiet > 10) this.show(`silent ${quiet} s`, 'warn');
  }
}

function cardOf(device) {
  const id = String(device);
  if (cards.size >= limits.cards && !cards.has(id)) { // Make room: the one silent for longest goes.
    const [oldest, card] = [...cards].reduce((a, b) => (a[1].seen <= b[1].seen ? a : b));
    card.node.remove();
    cards.delete(oldest);
  }
  if (!cards.has(id)) cards.set(id, new Card(id));
  $('no-cards').hidden = true;
  return cards.get(id);
}

function metricRow(card, name) {
  const [label, format, top] = known[name] ?? [name, value => String(Number(value.toPrecision(6)))];
  const number = el('span');
  number.dataset.metric = name;
  const [area, line] = ['area', 'line'].map(kind => svgElement('path', { class: kind }));
  const svg = svgElement('svg', { class: 'spark', viewBox: `0 0 ${limits.points - 1} 20`,
    preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  svg.append(area, line);
  card.append(el('div', { className: 'metric' }, el('span', { textContent: label, title: name }), number, svg));
  const points = [];
  return value => {
    number.textContent = typeof value === 'number' ? format(value) : '–';
    if (typeof value !== 'number') return;
    points.push(value);
    if (points.length > limits.points) points.shift();
    const low = top ? 0 : Math.min(0, ...points), high = top ?? (Math.max(...points) * 1.1 || 1);
    const first = limits.points - points.length;
    const y = value => (19 - 18 * (value - low) / (high - low || 1)).toFixed(1);
    const d = points.map((value, i) => `${i ? 'L' : 'M'}${first + i} ${y(value)}`).join('');
    line.setAttribute('d', d);
    area.setAttribute('d', `${d}L${limits.points - 1} 20L${first} 20Z`);
  };
}

setInterval(() => { for (const card of cards.values()) card.age(); }, 1000);
