// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A small server of the tests' own, which does what it is told.
import { once } from 'node:events';
import { WebSocketServer, withClient } from './support.mjs';

/// A server that greets, answers subscribe and ping, and leaves the rest to `handle(socket, message, say)`; what
/// `instead` answers with true was its own business. `door()` answers the status that an upgrade is
/// refused with, if any.
export async function withFake(
  body,
  { handle = () => {}, instead = () => false, ping = 54000, silent = false, greeting = {}, door, options: more } = {},
) {
  const verifyClient = (info, done) => {
    const status = door?.();
    done(status === undefined, status);
  };
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', verifyClient });
  await once(server, 'listening');
  const fake = { got: [], sockets: [], url: `ws://127.0.0.1:${server.address().port}/api/v1/ws` };
  server.on('connection', (socket, request) => {
    const say = (type, fields) => socket.send(JSON.stringify({ type, timestamp: '', payload: {}, ...fields }));
    Object.assign(socket, { say, request });
    fake.sockets.push(socket);
    say('connected', {
      payload: {
        connection_id: String(fake.sockets.length),
        user_id: 'al',
        server_time: '',
        ping_interval_ms: ping,
        resumable: false,
        ...greeting,
      },
    });
    socket.on('message', data => {
      const message = JSON.parse(data);
      fake.got.push(message);
      const { type, payload, request_id } = message;
      if (instead(socket, message, say)) return;
      if (type === 'subscribe')
        say('subscribed', { request_id, payload: { rooms: payload.rooms, positions: {}, recovered: {} } });
      else if (type === 'ping' && !silent) say('pong', { request_id });
      else handle(socket, message, say);
    });
  });
  const options = { transports: ['websocket'], ...more };
  try {
    await withClient(fake.url, options, client => body(fake, client));
  } finally {
    for (const socket of server.clients) socket.terminate();
    await new Promise(resolve => server.close(resolve));
  }
}
