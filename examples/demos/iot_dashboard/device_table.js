// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// All devices as a table: one row each, drawn again only where something has changed.
import { $, el } from './dom.js';
import { severityOf } from './fleet.js';

const maxColumns = 6;
const order = new Intl.Collator('en', { numeric: true }).compare;

export class DeviceTable {
  #rows = new Map();
  #metrics = [];
  #groups = new Set();
  #toggle;

  /// `toggle(id, wanted)` shows or hides a device's chart.
  constructor(toggle) {
    this.#toggle = toggle;
    for (const id of ['filter', 'group', 'status']) $(id).addEventListener('input', () => this.#filter());
    $('rows').addEventListener('keydown', event => this.#move(event));
    this.#head();
  }

  get metrics() { return this.#metrics; }

  /// Draws the devices that have changed, or all where the columns have. Answers whether these have.
  update(fleet, chosen) {
    const metrics = fleet.metrics(maxColumns), other = metrics.join('\n') !== this.#metrics.join('\n');
    if (other) {
      this.#metrics = metrics;
      this.#head();
      for (const row of this.#rows.values()) this.#fit(row);
    }
    const changed = fleet.takeChanged(other);
    let added = false;
    for (const device of changed) {
      added ||= !this.#rows.has(device.id);
      this.#draw(device, chosen.has(device.id));
    }
    if (added) this.#sort();
    if (changed.size) this.#filter();
    return other;
  }

  choose(id, chosen) {
    const row = this.#rows.get(id);
    if (row) row.box.checked = chosen;
  }

  #head() {
    const names = ['Device', 'Group', 'Status', ...this.#metrics];
    $('columns').replaceChildren(...names.map((name, i) =>
      el('th', { scope: 'col', textContent: name, className: i > 2 ? 'number' : '' })));
  }

  #fit({ line, cells }) {
    while (cells.length > this.#metrics.length) cells.pop().remove();
    while (cells.length < this.#metrics.length) {
      const cell = el('td', { className: 'number' });
      cells.push(cell);
      line.append(cell);
    }
  }

  #make(device) {
    const box = el('input', { type: 'checkbox', onchange: () => this.#toggle(device.id, box.checked) });
    const dot = el('span', { className: 'dot' }), status = el('span'), group = el('td');
    const line = el('tr', {}, el('td', {}, el('label', {}, box, device.id)), group,
      el('td', {}, el('span', { className: 'state' }, dot, status)));
    line.dataset.testid = 'device';
    line.dataset.device = device.id;
    const row = { line, box, dot, status, group, cells: [], device };
    this.#fit(row);
    this.#rows.set(device.id, row);
    return row;
  }

  #draw(device, chosen) {
    const row = this.#rows.get(device.id) ?? this.#make(device);
    row.box.checked = chosen;
    row.status.textContent = device.status;
    row.dot.className = `dot ${['online', 'offline'].includes(device.status) ? device.status : ''}`;
    row.line.dataset.status = device.status;
    row.group.textContent = device.groups.join(', ');
    this.#metrics.forEach((metric, i) => {
      const value = device.values[metric], severity = severityOf(device, metric);
      row.cells[i].textContent = typeof value === 'number' ? value.toFixed(Math.abs(value) < 100 ? 2 : 1) : '';
      row.cells[i].className = severity ? `number raised ${severity}` : 'number';
    });
    for (const group of device.groups)
      if (!this.#groups.has(group)) {
        this.#groups.add(group);
        $('group').append(el('option', { textContent: group }));
      }
  }

  #sort() {
    const rows = [...this.#rows.values()].sort((a, b) => order(a.device.id, b.device.id));
    const focused = document.activeElement;
    $('rows').replaceChildren(...rows.map(row => row.line));
    if (focused?.isConnected) focused.focus({ preventScroll: true });
  }

  #filter() {
    const text = $('filter').value.trim().toLowerCase(), group = $('group').value, status = $('status').value;
    let shown = 0;
    for (const { line, device } of this.#rows.values()) {
      const fits = device.id.toLowerCase().includes(text) && (!group || device.groups.includes(group)) &&
        (!status || device.status === status || (status === 'alert' && device.raised.size > 0));
      line.hidden = !fits;
      shown += fits;
    }
    $('shown').textContent = shown === this.#rows.size ? String(shown) : `${shown} of ${this.#rows.size}`;
  }

  #move(event) {
    const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
    if (!step) return;
    let line = event.target.closest('tr')?.[step];
    while (line?.hidden) line = line[step];
    if (!line) return;
    line.querySelector('input').focus();
    event.preventDefault();
  }
}
