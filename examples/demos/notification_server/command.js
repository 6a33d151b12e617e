// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The command to copy into a shell, and a button that sends the same from here.
import { $ } from './dom.js';

const device_id = 'sensor-001';
const samples = {
  notification: { user_id: 'alice', title: 'Hello', message: 'To one user, on every device' },
  alert: { device_id, severity: 'critical', message: 'Temperature above 80 °C' },
  telemetry: { device_id, temperature: 28.7, humidity: 61 },
  device_status: { device_id, status: 'offline' },
};

/// `user`: whom the sample notification goes to.
export function offerCommand(user) {
  if (user) samples.notification.user_id = user;
  $('preset').value = user ? 'notification' : 'alert';
  showCommand();
}

function chosen() {
  const type = $('preset').value, notify = type === 'notification';
  return { path: notify ? 'api/v1/notify' : 'api/v1/publish',
    body: notify ? samples[type] : { room: 'global', type, payload: samples[type] } };
}

function showCommand() {
  const { path, body } = chosen();
  const json = JSON.stringify(body, null, 1).replaceAll("'", "'\\''");
  $('curl').textContent = `curl -X POST ${new URL(path, document.baseURI)} \\\n`
    + ` -H 'Content-Type: application/json' \\\n -d '${json}'`;
  $('sent').textContent = '';
}

async function copyCommand() {
  try {
    await navigator.clipboard.writeText($('curl').textContent);
    $('copy').textContent = 'Copied';
  } catch { // Plain HTTP has no clipboard: Ctrl+C does the rest.
    getSelection().selectAllChildren($('curl'));
    $('copy').textContent = 'Selected';
  }
  setTimeout(() => { $('copy').textContent = 'Copy'; }, 1500);
}

async function send() {
  const { path, body } = chosen();
  $('sent').textContent = 'sending';
  try {
    const answer = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body), signal: AbortSignal.timeout(15000) });
    const said = await answer.json();
    $('sent').textContent = answer.ok
      ? `sent: ${said.status ?? `${said.local_receivers} receivers here`}`.replaceAll('_', ' ')
      : `refused: ${said.error?.message ?? answer.status}`;
  } catch (error) {
    $('sent').textContent = `not sent: ${error.message}`;
  }
}

$('preset').onchange = showCommand;
$('copy').onclick = copyCommand;
$('send').onclick = send;
