// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A real mosquitto with the demo's own configuration, devices that speak with mosquitto_pub, and a network to pull.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { deadline, eventually, freePort, patience } from '../support.mjs';

export const sources = fileURLToPath(new URL('../../../examples/demos/iot_dashboard', import.meta.url));
export const mosquitto = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/usr/bin/mosquitto',
  '/opt/homebrew/sbin/mosquitto'].find(existsSync);

export const listens = port => new Promise(resolve => {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('connect', () => { socket.destroy(); resolve(true); });
  socket.on('error', () => resolve(false));
});

const children = new Set();
process.on('exit', () => { for (const child of children) child.kill('SIGKILL'); });

function run(program, args, options) {
  const child = spawn(program, args, options);
  child.ended = once(child, 'exit');
  children.add(child);
  child.ended.then(() => children.delete(child));
  return child;
}

export class Broker {
  static async start(...devices) {
    const broker = new Broker();
    broker.folder = mkdtempSync(path.join(os.tmpdir(), 'fanfare-mqtt-'));
    broker.users = Object.fromEntries(['dashboard', ...devices].map(name => [name, randomBytes(8).toString('hex')]));
    const write = (name, text) => writeFileSync(broker.file(name), text, { mode: 0o600 });
    write('passwords', Object.entries(broker.users).map(([name, word]) => `${name}:${word}\n`).join(''));
    execFileSync('mosquitto_passwd', ['-U', broker.file('passwords')]);
    write('dashboard', broker.users.dashboard);
    copyFileSync(path.join(sources, 'mosquitto.acl'), broker.file('acl'));
    for (let attempt = 1; ; attempt++) {
      broker.port = await freePort();
      write('mosquitto.conf', readFileSync(path.join(sources, 'mosquitto.conf.in'), 'utf8')
        .replaceAll('@PORT@', broker.port).replaceAll('@FOLDER@', broker.folder)
        .replaceAll('@USER@', os.userInfo().username));
      try {
        await broker.restart();
        return broker;
      } catch (error) { // Another test may have chosen the same port, and was quicker.
        const running = broker.child.exitCode === null && broker.child.signalCode === null;
        if (running || attempt === 5) {
          await broker.remove();
          throw error;
        }
      }
    }
  }

  file(name) { return path.join(this.folder, name); }

  /// Starts it, also again on the same port. That it listens is in its log: on the port somebody else may listen.
  async restart() {
    const log = this.file('mosquitto.log');
    rmSync(log, { force: true });
    this.child = run(mosquitto, ['-c', this.file('mosquitto.conf')], { stdio: 'ignore' });
    await eventually(() => {
      if (this.child.exitCode !== null) throw new Error(`mosquitto ended with ${this.child.exitCode}`);
      return existsSync(log) && / running$/m.test(readFileSync(log, 'utf8'));
    }, patience, 'mosquitto runs');
  }

  async end(signal = 'SIGTERM') {
    this.child.kill(signal);
    await deadline(this.child.ended, patience, `end of mosquitto after ${signal}`);
  }

  async remove() {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /// What the dashboard needs to know.
  get args() {
    return ['--mqtt', `127.0.0.1:${this.port}`, '--mqtt-user', 'dashboard', '--mqtt-password-file',
      this.file('dashboard'), '--mqtt-client-id', 'dashboard', '--reconnect-max-ms', '500'];
  }

  #login(name) {
    return ['-h', '127.0.0.1', '-p', String(this.port), '-u', name, '-P', this.users[name], '-q', '1'];
  }

  /// Returns when the broker has accepted it. Retained, as devices do it.
  async publish(name, leaf, payload) {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    const child = run('mosquitto_pub', [...this.#login(name), '-r', '-t', `devices/${name}/${leaf}`, '-m', text],
      { stdio: 'ignore' });
    const [code] = await deadline(child.ended, patience, 'mosquitto_pub');
    if (code !== 0) throw new Error(`mosquitto_pub ended with ${code}`);
  }

  /// A device that is connected until it is killed, and has a last will.
  connect(name) {
    const topic = `devices/${name}/status`;
    const will = ['--will-topic', topic, '--will-payload', '{"status":"offline"}', '--will-retain', '--will-qos', '1'];
    const child = run('mosquitto_pub', [...this.#login(name), ...will, '-r', '-t', topic, '-l'],
      { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.write('{"status":"online"}\n');
    return child;
  }
}

/// Between the page and the dashboard: a cable that can be pulled.
export class Cable {
  #sockets = new Set();

  static async to(port) {
    const cable = new Cable();
    cable.target = port;
    cable.plugged = true;
    cable.server = net.createServer(near => cable.#carry(near)).listen(0, '127.0.0.1');
    await once(cable.server, 'listening');
    cable.http = `http://127.0.0.1:${cable.server.address().port}`;
    return cable;
  }

  #carry(near) {
    if (!this.plugged) return near.destroy();
    const far = net.connect(this.target, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]]) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => { this.#sockets.delete(one); other.destroy(); });
    }
  }

  pull() {
    this.plugged = false;
    for (const socket of this.#sockets) socket.destroy();
  }
  plug() { this.plugged = true; }

  remove() {
    this.pull();
    this.server.close();
  }
}
