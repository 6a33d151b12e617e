# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""The MQTT bridge and the simulated devices over TLS: tls_iot.py NOTIFICATION_SERVER

The dashboard is in the same folder as the server. mosquitto is real; where a broker has to misbehave, or to look closely,
it is one of Python's."""

import asyncio
import contextlib
import os
import socket
import ssl
import sys
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from iot.dashboard import EXAMPLES, Broker, Dashboard, Watcher, numbers, reading, until  # noqa: E402
from iot.mqtt import ExactBroker, publish  # noqa: E402
from support import reserved_port, run_tests  # noqa: E402
from tls_support import Certificates  # noqa: E402

SIMULATOR = os.path.join(EXAMPLES, "device_simulator")
NOT_BELIEVED = "the broker's certificate is not believed: "


def trusting(files):
    return ("--mqtt-tls-ca", str(files.chain))


def own(files):
    return ("--mqtt-tls-cert", str(files.chain), "--mqtt-tls-key", str(files.key))


def served(files, **more):
    """A server's context."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.chain, files.key)
    for name, value in more.items():
        setattr(context, name, value)
    return context


@contextlib.asynccontextmanager
async def mosquitto(files, *devices, client_ca=None):
    """A mosquitto with a second listener, which speaks TLS; answers it and that one's port."""
    with contextlib.closing(reserved_port()) as reserved:
        port = reserved.getsockname()[1]
        conf = [f"listener {port} 127.0.0.1", f"certfile {files.chain}", f"keyfile {files.key}"]
        if client_ca:
            conf += [f"cafile {client_ca.chain}", "require_certificate true"]
        async with Broker(*devices, conf=conf) as broker:
            yield broker, port


def dashboard_at(broker, port, *options, host="localhost"):
    """Waits until it is connected."""
    return Dashboard.on(broker, "--mqtt", f"{host}:{port}", *options)


async def failure(dashboard, part, within=20):
    """Waits until a link has failed for such a reason; answers all of its counters."""
    counters = {}

    async def told():
        counters.update(await dashboard.bridge())
        return any(part in why for why in counters["failures"])
    await until(told, within, lambda: f"'{part}' is among {counters}")
    assert counters["connects"] == 0 and counters["received"] == 0, counters
    return counters


async def test_what_devices_say_over_tls_reaches_the_rooms_and_the_simulator_speaks_it_too():
    with Certificates() as files:
        async with mosquitto(files, "boiler-7", "pump-1", "pump-2") as (broker, port):
            for host in ("localhost", "127.0.0.1"):
                async with await dashboard_at(broker, port, *trusting(files), host=host) as dashboard:
                    async with await Watcher.join(dashboard, "device:boiler-7", "group:pump") as watcher:
                        async with await broker.device("boiler-7") as device:
                            await device.publish("devices/boiler-7/telemetry", reading(1))
                        assert numbers(await watcher.payloads("telemetry", 1, "device:boiler-7")) == [1]
                        pumps = broker.file("pumps", "".join(f"{n}:{broker.users[n]}\n" for n in ("pump-1", "pump-2")))
                        process = await asyncio.create_subprocess_exec(
                            SIMULATOR, "--mqtt", f"{host}:{port}", *trusting(files), "--credentials", pumps,
                            "--interval-ms", "50", "--failure-every", "0", stderr=asyncio.subprocess.DEVNULL)
                        try:
                            await until(lambda: {"pump-1", "pump-2"} <= {
                                one["device_id"] for one in watcher.got("telemetry", "group:pump")
                                if not one.get("retained")}, 20, "both pumps' telemetry")
                        finally:
                            process.terminate()
                            assert await asyncio.wait_for(process.wait(), 20) == 0, process.returncode


async def test_a_broker_with_another_name_or_authority_never_sees_a_password():
    with Certificates() as good, Certificates() as stranger, Certificates("other.example", "192.0.2.1") as elsewhere:
        for files, believed, host, why in ((elsewhere, elsewhere, "localhost", "ostname mismatch"),
                                           (elsewhere, elsewhere, "127.0.0.1", "IP address mismatch"),
                                           (stranger, good, "localhost", "self"),  # -signed, or without the hyphen
                                           (stranger, good, "127.0.0.1", "self")):
            async with ExactBroker(served(files)) as broker:
                async with await Dashboard.start_at(broker.port, "--mqtt", f"{host}:{broker.port}",
                                                    *trusting(believed)) as dashboard:
                    counters = await failure(dashboard, NOT_BELIEVED)
                    assert any(why in told for told in counters["failures"]), counters
                    assert not broker.sessions, broker.sessions  # no CONNECT came


async def test_plain_text_and_an_old_tls_are_not_spoken():
    with Certificates() as files:
        async with mosquitto(files) as (broker, port):
            # TLS to a port of plain text, and the other way round.
            for where, options in ((broker.port, trusting(files)), (port, ())):
                async with await Dashboard.start_at(where, "--mqtt-user", "dashboard", "--mqtt-password-file",
                                                    broker.file("dashboard"), *options) as dashboard:
                    counters = await failure(dashboard, "")
                    assert not any("no answer" in why for why in counters["failures"]), counters
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old = served(files, minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1)
        old.set_ciphers("DEFAULT@SECLEVEL=0")
        async with ExactBroker(old) as broker:
            async with await Dashboard.start_at(broker.port, *trusting(files)) as dashboard:
                await failure(dashboard, "TLS")  # its alert, or only its end
                assert not broker.sessions, broker.sessions


async def test_a_broker_is_asked_for_the_host_by_its_name_and_an_address_is_no_name():
    with Certificates() as files:
        asked = []
        context = served(files, sni_callback=lambda _, name, __: asked.append(name))
        async with ExactBroker(context) as broker:
            for host, name in (("localhost", "localhost"), ("127.0.0.1", None)):
                del asked[:]
                async with await Dashboard.start_at(broker.port, "--mqtt", f"{host}:{broker.port}",
                                                    *trusting(files)) as dashboard:
                    await dashboard.connected()
                    assert asked == [name], asked


async def test_a_broker_that_asks_for_a_certificate_lets_in_who_has_one_of_its_authority():
    with Certificates() as files, Certificates("dashboard") as client, Certificates("dashboard") as stranger:
        async with mosquitto(files, "pump-1", client_ca=client) as (broker, port):
            async with await dashboard_at(broker, port, *trusting(files), *own(client)) as dashboard:
                async with await Watcher.join(dashboard, "global") as watcher, await broker.device("pump-1") as device:
                    await device.publish("devices/pump-1/telemetry", reading(1))
                    assert numbers(await watcher.payloads("telemetry", 1)) == [1]
            for options in (trusting(files), (*trusting(files), *own(stranger))):
                async with await Dashboard.start_at(port, "--mqtt-user", "dashboard", "--mqtt-password-file",
                                                    broker.file("dashboard"), *options) as dashboard:
                    await failure(dashboard, "")


async def test_a_burst_of_many_tls_records_arrives_whole_also_when_reading_pauses():
    count, filler = 3_000, "x" * 150  # above half a megabyte
    with Certificates() as files:
        for options in ((), ("--max-waiting", "8")):
            async with ExactBroker(served(files)) as broker:
                async with await Dashboard.start_at(broker.port, *trusting(files), *options) as dashboard:
                    await asyncio.wait_for(broker.subscribed.wait(), 20)
                    async with await Watcher.join(dashboard, "global") as watcher:
                        # In one, so that records are full, and packets cross from one into the next. Nothing more comes
                        # that would wake the reader, before the answer to a ping after 30 s.
                        broker.writer.write(b"".join(
                            publish("devices/pump-1/telemetry", reading(n, filler=filler), packet_id=n + 1)
                            for n in range(count)))
                        await until(lambda: len(broker.acknowledged) == count, 25,
                                    lambda: f"{len(broker.acknowledged)} of {count} are acknowledged")
                        assert [n for _, n in broker.acknowledged] == list(range(1, count + 1))
                        counters = await dashboard.bridge()
                        assert (counters["received"], counters["connects"]) == (count, 1), counters
                        await watcher.wait(lambda m: m["type"] == "telemetry" and m["payload"]["n"] == count - 1,
                                           "the last reading")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def test_a_broker_that_is_away_or_ends_or_is_silent_in_the_handshake_is_told_and_not_asked_in_a_loop():
    async def end(_, writer):
        writer.close()

    async def say_nothing(reader, writer):
        await reader.read()
        writer.close()

    with Certificates() as files, contextlib.closing(reserved_port()) as nobody:
        async with await Dashboard.start_at(nobody.getsockname()[1], *trusting(files)) as dashboard:
            await failure(dashboard, "refused")
        server = await asyncio.start_server(end, "127.0.0.1", 0)
        async with server:
            async with await Dashboard.start_at(server.sockets[0].getsockname()[1], *trusting(files)) as dashboard:
                counters = await failure(dashboard, "")
                assert not any("no answer" in why for why in counters["failures"]), counters
        server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
        async with server:
            async with await Dashboard.start_at(server.sockets[0].getsockname()[1], *trusting(files)) as dashboard:
                await failure(dashboard, "no answer from the broker", 40)
                assert cpu_seconds(dashboard.process.pid) < 2, cpu_seconds(dashboard.process.pid)


def being_connected(port, others):
    """Whether a TCP connection to this port, from none of the ports `others`, waits for the answer to its SYN."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split()[1:4] for line in table.readlines()[1:]]
    return any(state == "02" and int(remote.rsplit(":", 1)[1], 16) == port
               and int(local.rsplit(":", 1)[1], 16) not in others for local, remote, state in rows)


async def test_tls_begins_also_where_tcp_takes_its_time():
    with Certificates() as files, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        with contextlib.ExitStack() as full:
            others = []
            for _ in range(3):  # fill the queue of connections: another SYN is not answered
                one = full.enter_context(socket.socket())
                one.setblocking(False)
                one.connect_ex(address)
                others.append(one.getsockname()[1])
            async with await Dashboard.start_at(address[1], *trusting(files)) as dashboard:
                await until(lambda: being_connected(address[1], others), 10, "a SYN waits")
                broker = ExactBroker()
                server = await asyncio.start_server(broker._serve, sock=listener, ssl=served(files))
                async with server:
                    await dashboard.connected()
                    assert not (await dashboard.bridge())["failures"], await dashboard.bridge()
                    assert cpu_seconds(dashboard.process.pid) < 2, cpu_seconds(dashboard.process.pid)


async def test_what_is_wrong_with_the_options_or_a_file_is_told_by_its_name():
    with Certificates() as files, Certificates() as other:
        chain, key = str(files.chain), str(files.key)
        for words, part in ((own(files), "--mqtt-tls-ca"),
                            ((*trusting(files), "--mqtt-tls-cert", chain), "--mqtt-tls-key"),
                            (("--mqtt-tls-ca", "/nowhere.ca"), "/nowhere.ca: "),
                            (("--mqtt-tls-ca", key), key + ": "),
                            ((*trusting(files), "--mqtt-tls-cert", "/nowhere.pem", "--mqtt-tls-key", key),
                             "/nowhere.pem: "),
                            ((*trusting(files), "--mqtt-tls-cert", chain, "--mqtt-tls-key", str(other.key)),
                             f"{other.key}: "),
                            ((*trusting(files), "--mqtt", "[]:8883"), "--mqtt")):
            assert part in await Dashboard.refused(*words), (words, await Dashboard.refused(*words))


if __name__ == "__main__":
    asyncio.run(run_tests(globals()))
