// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What is known of all devices: from the server's picture, and from what the rooms have told since.

export const metricsOf = fields => Object.keys(fields).filter(name => name !== 'timestamp' &&
  typeof fields[name] === 'number');

/// The worst that is raised for a metric of a device, if anything is: several rules may watch one metric.
export function severityOf(device, metric) {
  const all = [...device.raised.values()].filter(one => one.metric === metric).map(one => one.severity);
  return all.includes('critical') ? 'critical' : all[0];
}

const maxMetrics = 16;      // of one device that are known
const maxLatency = 3600000; // milliseconds; above it a clock is wrong, or a message has waited at the broker

export class Fleet {
  devices = new Map();
  /// There are devices of which only a message is known, not what the server knows: their groups, say.
  strangers = false;
  #changed = new Set();
  #users = new Map(); // how many devices have a metric
  #latencies = []; // [arrival, milliseconds], of the last ten seconds
  #arrivals = [];  // how many messages in each of the last seconds
  #began;          // the second of the first one

  get(id, stranger = true) {
    let device = this.devices.get(id);
    if (!device) {
      this.strangers ||= stranger;
      device = { id, known: false, status: 'unknown', groups: [], values: {}, time: 0, metrics: new Set(),
        raised: new Map(), alerted: new Map() }; // by rule
      this.devices.set(id, device);
    }
    this.#changed.add(device);
    return device;
  }

  /// One entry of the server's picture. What a room has told meanwhile may be newer.
  know({ id, status, groups, telemetry, alerts }) {
    const device = this.get(id, false);
    device.known = true;
    device.groups = groups;
    device.status = status;
    if (metricsOf(telemetry).length) this.#measured(device, telemetry);
    device.raised = new Map(alerts.map(({ rule, metric, severity }) => [rule, { metric, severity }]));
  }

  /// By the device's clock; without one the newest is what comes last.
  #measured(device, values) {
    const time = values.timestamp ?? device.time;
    if (time < device.time) return false;
    Object.assign(device, { values, time });
    for (const name of metricsOf(values)) {
      if (device.metrics.size === maxMetrics) break;
      if (device.metrics.has(name)) continue;
      device.metrics.add(name);
      this.#users.set(name, (this.#users.get(name) ?? 0) + 1);
    }
    return true;
  }

  /// The `most` metrics that most devices have: one device cannot crowd out those of all others.
  metrics(most) {
    return [...this.#users].sort(([, a], [, b]) => b - a).slice(0, most).map(([name]) => name);
  }

  telemetry(fields, now = Date.now()) {
    if (!this.#measured(this.get(fields.device_id), fields)) return;
    const late = now - fields.timestamp; // NaN without one
    if (late < maxLatency && !fields.retained) this.#latencies.push([now, late]);
  }

  status({ device_id, status }) { this.get(device_id).status = status; }

  /// What is raised is said by the newest one, in the device's time: one that failed may come after its successor.
  alert({ device_id, rule, metric, severity, timestamp }) {
    const { raised, alerted } = this.get(device_id), last = alerted.get(rule) ?? 0;
    if (timestamp < last) return;
    alerted.set(rule, timestamp ?? last);
    if (severity === 'info') raised.delete(rule);
    else raised.set(rule, { metric, severity });
  }

  /// Every message counts once for the rate.
  arrived(now = Date.now()) {
    const second = Math.floor(now / 1000), last = this.#arrivals.at(-1);
    this.#began ??= second;
    if (last?.second === second) last.count++;
    else this.#arrivals.push({ second, count: 1 });
    while (this.#arrivals[0].second < second - 5) this.#arrivals.shift();
  }

  /// Messages a second, over the last five full seconds, or as many as there were.
  rate(now = Date.now()) {
    const second = Math.floor(now / 1000);
    const seconds = Math.min(5, Math.max(1, second - (this.#began ?? second) - 1)), from = second - seconds;
    return this.#arrivals.reduce((n, a) => n + (a.second >= from && a.second < second ? a.count : 0), 0) / seconds;
  }

  /// The median of the last ten seconds, and what 95 of 100 stay below; undefined without any.
  latency(now = Date.now()) {
    this.#latencies = this.#latencies.filter(([when]) => when > now - 10000);
    const sorted = this.#latencies.map(([, ms]) => Math.max(0, ms)).sort((a, b) => a - b);
    return sorted.length
      ? { median: sorted[sorted.length >> 1], p95: sorted[Math.floor(sorted.length * 0.95)] } : undefined;
  }

  /// The devices that have changed since the last call, or all.
  takeChanged(all = false) {
    const changed = all ? new Set(this.devices.values()) : this.#changed;
    this.#changed = new Set();
    return changed;
  }

  count(test) {
    let n = 0;
    for (const device of this.devices.values()) n += test(device);
    return n;
  }
}
