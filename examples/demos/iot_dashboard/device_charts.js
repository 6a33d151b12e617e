// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The charts of the chosen devices. Each joins its device's room, and begins with what the room's history holds.
import { $, button, el } from './dom.js';
import { LineChart } from './chart.js';
import { severityOf } from './fleet.js';

const most = 6;         // charts at once
const span = 120000;    // milliseconds that are shown
const shortest = 30000; // while there is less
const fromHistory = 150;
const maxPoints = 600;

export class DeviceCharts {
  #client;
  #chosen = new Map();
  #onChange;

  /// `onChange(id, chosen)`: a device's chart has appeared or gone.
  constructor(client, onChange) {
    this.#client = client;
    this.#onChange = onChange;
    new ResizeObserver(() => this.draw()).observe($('charts'));
  }

  has(id) { return this.#chosen.has(id); }
  get ids() { return [...this.#chosen.keys()]; }

  /// Shows a device; the one that was chosen first makes way where there are too many.
  add(id) {
    if (this.#chosen.has(id)) return;
    if (this.#chosen.size >= most) this.remove(this.#chosen.keys().next().value);
    const value = el('span', { className: 'value' }), dot = el('span', { className: 'dot' });
    const canvas = el('canvas');
    canvas.setAttribute('role', 'img');
    const close = button('×', () => this.remove(id), `Remove the chart of ${id}`);
    close.setAttribute('aria-label', close.title);
    const title = el('header', {}, dot, el('h3', { textContent: id }), value, close);
    const box = el('article', { className: 'chart' }, title, canvas);
    box.dataset.testid = 'chart';
    box.dataset.device = id;
    const shown = { id, box, value, dot, canvas, chart: new LineChart(canvas), points: [], broken: false };
    this.#chosen.set(id, shown);
    $('charts').append(box);
    shown.subscription = this.#client.subscribe(`device:${id}`, {
      last: fromHistory,
      on: { telemetry: (fields, message) => this.#take(shown, fields, message) },
      gap: () => { shown.broken = true; },
    });
    this.#onChange(id, true);
  }

  remove(id) {
    const shown = this.#chosen.get(id);
    if (!shown) return;
    shown.subscription.unsubscribe();
    shown.box.remove();
    this.#chosen.delete(id);
    this.#onChange(id, false);
  }

  #take(shown, fields, message) {
    const time = fields.timestamp ?? Date.parse(message.timestamp), last = shown.points.at(-1);
    if (last && time <= last.time) return; // An older one, or a copy.
    // A device that was away for many of its own intervals leaves a hole, not a line.
    const usual = shown.points.length > 2 ? (last.time - shown.points[0].time) / (shown.points.length - 1) : Infinity;
    const gap = shown.broken || (last && time - last.time > 5 * usual);
    shown.broken = false;
    shown.points.push({ time, fields, gap });
    if (shown.points.length > maxPoints) shown.points.shift();
  }

  draw(metric = $('metric').value, fleet = this.fleet) {
    this.fleet = fleet;
    $('no-charts').hidden = this.#chosen.size > 0;
    const now = Date.now();
    for (const shown of this.#chosen.values()) {
      const all = shown.points.filter(p => typeof p.fields[metric] === 'number')
        .map(p => ({ time: p.time, value: p.fields[metric], gap: p.gap }));
      const points = all.filter(p => p.time >= now - span);
      const device = fleet?.devices.get(shown.id), last = all.at(-1);
      const status = device?.status ?? 'unknown';
      shown.dot.className = `dot ${(device && severityOf(device, metric)) ?? status}`;
      shown.dot.title = status;
      shown.value.textContent = last ? last.value.toFixed(2) : '';
      shown.box.dataset.points = String(points.length);
      shown.canvas.setAttribute('aria-label', last
        ? `${metric} of ${shown.id}: ${last.value.toFixed(2)}, ${points.length} values in two minutes`
        : `${metric} of ${shown.id}: no values yet`);
      const age = points.length ? now - points[0].time : 0;
      shown.chart.draw(points, now - Math.min(span, Math.max(shortest, age)), now,
        last ? `the last one at ${new Date(last.time).toLocaleString('en-GB')}` : 'no values yet');
    }
  }
}
