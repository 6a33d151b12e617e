// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The page: `global` feeds the table, `alerts` the list, and each chart has its device's own room.
import { FanfareClient } from './fanfare_client.js';
import { $, el } from './dom.js';
import { DeviceCharts } from './device_charts.js';
import { DeviceTable } from './device_table.js';
import { Fleet } from './fleet.js';

const maxAlerts = 100;
const few = 4; // charts where nobody has chosen any: one of each kind, as the devices become known
const client = new FanfareClient('/api/v1/ws');
const fleet = new Fleet();
let choose = false;
const charts = new DeviceCharts(client, (id, chosen) => {
  if (!chosen) choose = false;
  table.choose(id, chosen);
  remember();
});
const table = new DeviceTable((id, wanted) => {
  choose = false;
  if (wanted) charts.add(id);
  else charts.remove(id);
});

// Which devices have a chart survives a reload; `?devices=a,b` chooses them for a link, until somebody chooses others.
let begun = false;
const remember = () => {
  if (!begun) return;
  history.replaceState(null, '', location.pathname);
  const ids = JSON.stringify(charts.ids);
  try { localStorage.setItem('fanfare-devices', ids); } catch { /* Then only until the reload. */ }
};
function remembered() {
  const asked = new URLSearchParams(location.search).get('devices');
  if (asked) return asked.split(',').slice(0, 6);
  try { return JSON.parse(localStorage.getItem('fanfare-devices')) ?? []; } catch { return []; }
}
for (const id of remembered()) if (/^[\w.-]{1,64}$/.test(id)) charts.add(id);
begun = true;
choose = charts.ids.length === 0;

/// Asks for the picture of all devices, page by page.
let asking = false, again = false;
async function loadDevices() {
  if (asking) { again = true; return; }
  asking = true;
  fleet.strangers = false; // Who appears meanwhile may be missing in a page that has come already: ask again.
  try {
    for (let after = ''; after !== null;) {
      const page = await client.request('devices', { after }, { retry: true });
      page.devices.forEach(device => fleet.know(device));
      after = page.next;
    }
    if (choose) chooseSome();
  } catch (error) {
    if (client.state === 'connected') again = true; // Otherwise the next joining asks.
    else console.info('devices:', error.code ?? String(error));
  } finally {
    asking = false;
    if (again) { again = false; setTimeout(loadDevices, 1000); }
  }
}

function chooseSome() {
  const kind = ({ id, groups }) => groups[0] ?? id;
  const known = [...fleet.devices.values()].filter(device => device.known);
  const shown = new Set(known.filter(({ id }) => charts.has(id)).map(kind));
  for (const device of known) {
    if (charts.ids.length >= few) break;
    if (shown.has(kind(device))) continue;
    shown.add(kind(device));
    charts.add(device.id);
  }
  choose = charts.ids.length < few;
}

const live = handle => payload => { fleet.arrived(); handle(payload); };
client.subscribe('global', {
  subscribed: loadDevices, // Not before: what changes between the picture and the joining would be missed.
  on: { telemetry: live(fields => fleet.telemetry(fields)), device_status: live(what => fleet.status(what)) },
  gap: ({ reason }) => { if (reason !== 'reconnected') loadDevices(); },
});
client.subscribe('alerts', { last: maxAlerts, on: { alert: showAlert } });

function showAlert(alert, { timestamp }) {
  const when = new Date(timestamp);
  const item = el('li', {}, el('span', { className: `dot ${alert.severity}`, title: alert.severity }),
    el('b', { textContent: alert.device_id }),
    el('time', { textContent: when.toLocaleTimeString('en-GB'), dateTime: timestamp,
      title: when.toLocaleString('en-GB') }),
    el('span', { className: 'text', textContent: alert.message }));
  item.dataset.testid = 'alert';
  item.dataset.severity = alert.severity;
  item.dataset.device = alert.device_id;
  $('alerts').prepend(item);
  while ($('alerts').childElementCount > maxAlerts) $('alerts').lastElementChild.remove();
  $('no-alerts').hidden = true;
  if (fleet.devices.has(alert.device_id)) fleet.alert(alert);
}

const tones = { connected: 'ok', connecting: 'warn', waiting: 'warn', closed: 'bad', idle: '' };
function showState() {
  const { state, nextAttempt, reason, transport } = client.status;
  $('state').dataset.state = state;
  $('state').className = `chip ${tones[state]}`;
  $('state').textContent = state === 'connected' && transport === 'sse' ? 'connected (SSE)' : state;
  const seconds = Math.max(0, Math.ceil((nextAttempt - Date.now()) / 1000));
  $('detail').textContent = state === 'waiting' ? `${reason ? reason + ', ' : ''}next attempt in ${seconds} s`
    : state === 'closed' ? reason ?? '' : '';
  $('now').hidden = state !== 'waiting' && state !== 'closed';
  document.body.classList.toggle('stale', state !== 'connected');
}
client.onState(showState);
$('now').onclick = () => { client.disconnect(); client.connect(); };

// The browser side is counted here, the server side there.
async function loadFigures() {
  const ask = async path => (await fetch(path, { signal: AbortSignal.timeout(5000) })).json();
  try {
    const [hub, bridge] = await Promise.all([ask('/api/v1/ws/stats'), ask('/api/bridge')]);
    $('conflated').textContent = hub.conflated.toLocaleString('en');
    $('refused').textContent = bridge.refused_total.toLocaleString('en');
    const reasons = Object.entries(bridge.refused).filter(([, n]) => n);
    $('refused').title = reasons.map(([why, n]) => `${why}: ${n}`).join('\n');
    $('put-back').textContent = bridge.put_back.toLocaleString('en');
    $('broker').dataset.state = bridge.state;
    $('broker').className = `chip ${bridge.state === 'connected' ? 'ok' : 'bad'}`;
    $('broker').textContent = `broker ${bridge.state}`;
    $('broker').title = bridge.problem;
  } catch {
    $('broker').dataset.state = 'unknown';
    $('broker').className = 'chip';
    $('broker').textContent = 'broker unknown';
  }
  setTimeout(loadFigures, 2000);
}

function showFigures() {
  showState();
  if (fleet.strangers && client.state === 'connected') loadDevices();
  const { size } = fleet.devices, online = fleet.count(device => device.status === 'online');
  $('online').replaceChildren(String(online), el('small', { textContent: ` of ${size}` }));
  $('rate').textContent = fleet.rate().toFixed(0);
  const latency = fleet.latency();
  $('latency').replaceChildren(...(latency
    ? [String(latency.median), el('small', { textContent: ` ms, 95 %: ${latency.p95} ms` })] : ['–']));
  const active = fleet.count(device => device.raised.size > 0);
  $('active').textContent = active ? `${active} ${active === 1 ? 'device' : 'devices'}` : '';
}

function draw() {
  if (table.update(fleet, { has: id => charts.has(id) })) {
    const chosen = $('metric').value;
    $('metric').replaceChildren(...table.metrics.map(name => el('option', { textContent: name })));
    $('metric').value = table.metrics.includes(chosen) ? chosen : table.metrics[0];
  }
  charts.draw($('metric').value, fleet);
}

addEventListener('keydown', event => {
  const writes = /^(INPUT|SELECT)$/.test(event.target.tagName) && event.target.type !== 'checkbox';
  if (event.key !== '/' || writes || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  $('filter').focus();
});
$('metric').onchange = draw;
setInterval(() => { if (!document.hidden) draw(); }, 500);
setInterval(showFigures, 1000);
client.connect();
loadFigures();
