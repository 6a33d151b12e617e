# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""MQTT 3.1.1 by hand, as far as the tests need it: a device that may break rules, and a broker that looks closely."""

import asyncio
import contextlib
import struct

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 13, 14


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("!H", len(data)) + data


def packet(kind, body=b"", flags=0):
    length, rest = b"", len(body)
    while True:
        length += bytes([rest % 128 | (0x80 if rest > 127 else 0)])
        rest //= 128
        if rest == 0:
            return bytes([kind << 4 | flags]) + length + body


def publish(topic, payload, qos=1, retain=False, packet_id=1):
    data = payload if isinstance(payload, bytes) else payload.encode()
    return packet(PUBLISH, text(topic) + (struct.pack("!H", packet_id) if qos else b"") + data, qos << 1 | retain)


async def read_packet(reader):
    """Kind, flags and body; raises IncompleteReadError at the end."""
    first = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        part = (await reader.readexactly(1))[0]
        length |= (part & 0x7F) << shift
        shift += 7
        if part < 0x80:
            return first >> 4, first & 15, await reader.readexactly(length)


class Device:
    """A client of a broker. `acknowledged` counts its messages that the broker has accepted."""

    def __init__(self, reader, writer):
        self.reader, self.writer, self.next_id, self.acknowledged = reader, writer, 1, 0
        self.waiting = {}

    @classmethod
    async def connect(cls, port, user, password, client_id=None, will=None):
        device = cls(*await asyncio.open_connection("127.0.0.1", port))
        flags = 0xC2 | (0x2C if will else 0)  # user, password, clean session; will: retained, QoS 1
        body = text("MQTT") + bytes([4, flags, 0, 60]) + text(client_id or user)
        if will:
            body += text(will[0]) + text(will[1])
        device.writer.write(packet(CONNECT, body + text(user) + text(password)))
        kind, _, answer = await asyncio.wait_for(read_packet(device.reader), 15)
        assert kind == CONNACK, kind
        if answer[1] != 0:
            device.writer.close()
            raise PermissionError(f"the broker refuses {user}: {answer[1]}")
        device.task = asyncio.ensure_future(device._read())
        return device

    async def _read(self):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind, _, body = await read_packet(self.reader)
                if kind == PUBACK:
                    self.acknowledged += 1
                    self.waiting.pop(struct.unpack("!H", body[:2])[0]).set_result(None)

    def publish_now(self, topic, payload, retain=False):
        """QoS 1; answers a future that is done when the broker has accepted it."""
        packet_id, self.next_id = self.next_id, self.next_id % 60000 + 1
        accepted = self.waiting[packet_id] = asyncio.get_running_loop().create_future()
        self.writer.write(publish(topic, payload, 1, retain, packet_id))
        return accepted

    async def settled(self):
        """Returns when the broker has accepted everything."""
        if self.waiting:
            await asyncio.wait_for(asyncio.gather(*self.waiting.values()), 30)

    async def publish(self, topic, payload, retain=False):
        """Returns when the broker has accepted it, or refuses by closing (ConnectionError)."""
        accepted = self.publish_now(topic, payload, retain)
        await asyncio.wait({accepted, self.task}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        if not accepted.done():
            accepted.cancel()
            raise ConnectionError("the broker has closed the connection" if self.task.done() else "no PUBACK")

    async def die(self):
        """Without a DISCONNECT, as when the power fails."""
        self.writer.transport.abort()
        await self.task

    async def close(self):
        self.writer.write(packet(DISCONNECT))
        self.writer.close()
        await self.task

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()


class ExactBroker:
    """Takes one client at a time, sends it messages with QoS 1, and notes what it acknowledges, on which connection.
    `tls` is an SSLContext."""

    def __init__(self, tls=None):
        self.tls = tls
        self.connections, self.acknowledged, self.ended, self.sessions = 0, [], [], []
        self.writer, self.subscribed = None, asyncio.Event()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        if self.writer:
            self.writer.close()
        await self.server.wait_closed()

    async def _serve(self, reader, writer):
        self.connections += 1
        number, self.writer = self.connections, writer
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind, _, body = await read_packet(reader)
                if kind == CONNECT:
                    self.sessions.append({"clean": bool(body[7] & 2), "id": body[12:12 + body[11]].decode()})
                    writer.write(packet(CONNACK, bytes([number > 1, 0])))
                    if number > 1:
                        self.subscribed.set()
                elif kind == SUBSCRIBE:
                    writer.write(packet(SUBACK, body[:2] + b"\1"))
                    self.subscribed.set()
                elif kind == PUBACK:
                    self.acknowledged.append((number, struct.unpack("!H", body[:2])[0]))
                elif kind == PINGREQ:
                    writer.write(packet(PINGRESP))
        self.subscribed.clear()
        self.ended.append(number)
        writer.close()

    def send(self, topic, payload, packet_id, retain=False):
        self.writer.write(publish(topic, payload, 1, retain, packet_id))
