# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""The gRPC door: services push to users and rooms of several nodes, and follow a room, through grpc_push_client.

python3 grpc_push.py NOTIFICATION_SERVER [ECHO_SERVER]     (grpc_push and grpc_push_client lie beside the first)
"""

import asyncio
import contextlib
import json
import signal
import socket

from grpc_support import GRPC_PUSH, Push, Stream, run_grpc_tests
from redis_support import Member, Redis, members, nodes, until


@contextlib.asynccontextmanager
async def cluster():
    """A grpc_push and a notification_server on one Redis."""
    async with Redis() as redis, nodes(1, redis.url()) as (other,):
        async with await Push.start("--redis", redis.url()) as push:
            await push.ready()
            yield push, other


def numbers(receipt):
    return (receipt["status"], int(receipt["local_receivers"]), receipt["dispatched_to_cluster"],
            int(receipt.get("nodes", -1)))


async def test_a_user_on_another_node_gets_what_is_pushed_and_the_answer_says_where_it_went():
    async with cluster() as (push, other), await Member.join(other, query="?user=ann") as ann:
        answer = await push.call("notify", "ann", "Build", "It is grün", "--data", '{"id":7}')
        assert numbers(answer["receipt"]) == ("DISPATCHED_TO_CLUSTER", 0, True, 1), answer
        got = (await ann.of_type("notification", 1))[0]["payload"]
        assert (got["title"], got["message"], got["data"]) == ("Build", "It is grün", {"id": 7}), got
        assert got["id"] == answer["notification_id"], (got, answer)
        receipt = await push.receipt("send", "ann", "poke", '{"from":"service"}')
        assert numbers(receipt) == ("DISPATCHED_TO_CLUSTER", 0, True, 1), receipt
        assert (await ann.of_type("poke", 1))[0]["payload"] == {"from": "service"}


async def test_a_user_on_both_nodes_gets_it_on_both_and_on_one_node_only_there():
    async with cluster() as (push, other):
        async with members(Member.join(push, query="?user=bea"), Member.join(push, query="?user=bea"),
                           Member.join(other, query="?user=bea"), Member.join(push, query="?user=cy")) as everybody:
            receipt = await push.receipt("notify", "bea", "Hello", "Door")
            assert numbers(receipt) == ("DELIVERED_LOCALLY", 2, True, 1), receipt
            receipt = await push.receipt("notify", "cy", "Hello", "Door")
            assert numbers(receipt) == ("DELIVERED_LOCALLY", 1, False, 0), receipt
            for member in everybody:
                assert len(await member.of_type("notification", 1)) == 1


async def test_what_nobody_is_there_for_is_stored_or_told_to_be_nobodys():
    async with await Push.start() as push:
        answer = await push.call("notify", "dora", "Later", "You were away", "--idempotency-key", "k1")
        assert answer["receipt"]["status"] == "STORED", answer
        again = await push.call("notify", "dora", "Later", "You were away", "--idempotency-key", "k1")
        assert again["receipt"]["duplicate"] and again["notification_id"] == answer["notification_id"], again
        status, inbox = await push.request("/api/v1/inbox?user_id=dora")
        assert status == 200 and [item["id"] for item in inbox["items"]] == [answer["notification_id"]], inbox
        receipt = await push.receipt("publish", "chat:empty", "message", '"kept"', "--idempotency-key", "k2")
        assert receipt["status"] == "STORED" and receipt["position"]["offset"] == "1", receipt
        again = await push.receipt("publish", "chat:empty", "message", '"kept"', "--idempotency-key", "k2")
        assert again["duplicate"] and again["position"] == receipt["position"], again
        receipt = await push.receipt("publish", "device:nobody", "telemetry", "1")
        assert receipt["status"] == "NOBODY" and "position" not in receipt, receipt
        async with await Member.join(push, "device:here") as member:
            receipt = await push.receipt("publish", "device:here", "telemetry", '{"t":21.5}')
            assert receipt["status"] == "DELIVERED_LOCALLY" and receipt["local_receivers"] == "1", receipt
            assert (await member.of_type("telemetry", 1))[0]["payload"] == {"t": 21.5}


async def test_a_stream_that_is_cut_goes_on_from_its_position_without_a_hole_or_a_duplicate():
    count = 90
    async with cluster() as (push, other):
        async def publish():
            for n in range(count):
                await other.publish("chat:orders", "order", {"n": n})

        async with await Stream.open(push, "chat:orders") as first:
            assert (await first.started())["recovery"] == "NOT_ASKED"
            publishing = asyncio.ensure_future(publish())
            await first.messages(20)
            await first.kill()
            seen = first.payloads()
        async with await Stream.open(push, "chat:orders", "--since", first.position()) as second:
            assert (await second.started())["recovery"] == "RECOVERED", second.events
            await publishing
            seen += await second.messages(count - len(seen))
            assert seen == [{"n": n} for n in range(count)], seen
            offsets = [int(message["position"]["offset"]) for message in first.published() + second.published()]
            assert offsets == sorted(set(offsets)), offsets
            epoch = second.published()[0]["position"]["epoch"]
        async with await Stream.open(push, "chat:orders", "--last", "3") as newest:
            assert [one["n"] for one in await newest.messages(3)] == [count - 3, count - 2, count - 1]
        strange = ("1" if epoch[0] == "0" else "0") + epoch[1:]
        async with await Stream.open(push, "chat:orders", "--since", f"{strange}:5") as lost:
            assert (await lost.started())["recovery"] == "LOST", lost.events
        async with await Stream.open(push, "device:plain") as plain:
            assert "position" not in await plain.started()
            await other.publish("device:plain", "telemetry", 5)
            assert await plain.messages(1) == [5] and "position" not in plain.published()[0], plain.events
            # What is published is a message, and never an answer of the hub's, whatever it is called.
            for n, name in enumerate(("error", "subscribed", "unsubscribed", "connected")):
                await other.publish("device:plain", name, n)
            assert await plain.messages(5) == [5, 0, 1, 2, 3], plain.events


async def test_a_reader_that_stops_delays_nobody_and_is_told_to_go_on_from_its_position():
    count, filler = 220, "x" * 60_000
    async with await Push.start() as push, await Member.join(push, "chat:big") as member:
        async with await Stream.open(push, "chat:big") as slow:
            await slow.started()
            slow.process.send_signal(signal.SIGSTOP)
            for n in range(count):
                await push.publish("chat:big", "big", {"n": n, "filler": filler})
            await member.of_type("big", count, 60)
            await until(lambda: closed_slowly(push), 30, "the slow stream was closed")
            slow.process.send_signal(signal.SIGCONT)
            status, code, _ = await slow.end()
            assert (status, code) == ("RESOURCE_EXHAUSTED", "slow_receiver"), slow.errors
            seen = [one["n"] for one in slow.payloads()]
            assert 0 < len(seen) < count, len(seen)
        async with await Stream.open(push, "chat:big", "--since", slow.position()) as rest:
            assert (await rest.started())["recovery"] == "RECOVERED"
            seen += [one["n"] for one in await rest.messages(count - len(seen), 60)]
        assert seen == list(range(count)), "a hole, or a duplicate"


async def closed_slowly(node):
    stats = await node.stats()
    return stats["slow_closed"] + stats["write_timeouts"] > 0


async def test_without_the_key_nothing_is_pushed_or_shown():
    async with await Push.start("--admin-key", "right-key") as push:
        for key in (None, "wrong-key", "right-key2", "right-ke"):
            for words in (("notify", "ann", "T", "M"), ("publish", "chat:x", "t"), ("stream", "chat:x")):
                status, code, text = await push.call(*words, key=key)
                assert (status, code) == ("UNAUTHENTICATED", "unauthorized"), (status, code, text)
                assert "right-key" not in text, text
        assert (await push.stats())["published"] == 0
        assert (await push.receipt("publish", "chat:x", "t", key="right-key"))["status"] == "STORED"
        assert not any("right-key" in line for line in push.errors + push.output), push.errors


async def test_without_a_configured_key_only_callers_on_this_machine_may_push():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            any_socket.connect(("192.0.2.1", 9))  # sends nothing: finds the address that this machine has outside
            outside = any_socket.getsockname()[0]
        except OSError:
            outside = "127.0.0.1"
    async with await Push.start("--address", "0.0.0.0") as push:
        port = push.grpc.rsplit(":", 1)[1]
        push.grpc = f"127.0.0.1:{port}"
        assert (await push.receipt("publish", "chat:x", "t"))["status"] == "STORED"
        if outside.startswith("127."):
            print("        (this machine has no address but loopback: refusal from outside not tried)")
            return
        push.grpc = f"{outside}:{port}"
        for words in (("publish", "chat:x", "t"), ("stream", "chat:x")):
            assert (await push.call(*words))[:2] == ("PERMISSION_DENIED", "forbidden")


async def test_what_cannot_be_is_refused_with_a_status_and_a_text_that_name_it():
    big = json.dumps("x" * (1024 * 1024))
    async with await Push.start() as push:
        for words, status, code, part in (
                (("publish", "bad room", "t"), "INVALID_ARGUMENT", "invalid_room", ""),
                (("publish", "chat:" + "x" * 124, "t"), "INVALID_ARGUMENT", "invalid_room", ""),
                (("publish", "nowhere:1", "t"), "NOT_FOUND", "unknown_room", ""),
                (("publish", "", "t"), "INVALID_ARGUMENT", "invalid_message", "room"),
                (("publish", "chat:x", ""), "INVALID_ARGUMENT", "invalid_message", "type"),
                (("publish", "chat:x", "t" * 65), "INVALID_ARGUMENT", "invalid_message", ""),
                (("publish", "chat:x", "t", "{"), "INVALID_ARGUMENT", "invalid_json", "payload_json"),
                (("publish", "chat:x", "t", "[" * 17 + "]" * 17), "INVALID_ARGUMENT", "invalid_json", "payload_json"),
                (("publish", "chat:x", "t", "--idempotency-key", "k" * 257), "INVALID_ARGUMENT", "message_too_large",
                 ""),
                (("publish", "device:x", "t", "--idempotency-key", "k"), "FAILED_PRECONDITION", "no_history", ""),
                (("notify", "", "T", "M"), "INVALID_ARGUMENT", "invalid_user", "user_id"),
                (("notify", "a b", "T", "M"), "INVALID_ARGUMENT", "invalid_user", ""),
                (("notify", "u" * 124, "T", "M"), "INVALID_ARGUMENT", "invalid_user", ""),
                (("notify", "ann", "", "M"), "INVALID_ARGUMENT", "invalid_message", "title"),
                (("notify", "ann", "T", ""), "INVALID_ARGUMENT", "invalid_message", "message"),
                (("notify", "ann", "T" * 1025, "M"), "INVALID_ARGUMENT", "message_too_large", ""),
                (("notify", "ann", "T", "M", "--data", "nope"), "INVALID_ARGUMENT", "invalid_json", "data_json"),
                (("notify", "ann", "T", "M", "--idempotency-key", "k" * 129), "INVALID_ARGUMENT", "invalid_message",
                 "128"),
                (("send", "a b", "t"), "INVALID_ARGUMENT", "invalid_user", ""),
                (("stream", "bad room"), "INVALID_ARGUMENT", "invalid_room", ""),
                (("stream", "nowhere:1"), "NOT_FOUND", "unknown_room", ""),
                (("stream", "user:ann"), "PERMISSION_DENIED", "forbidden", ""),
                (("stream", "chat:x", "--since", "12:5"), "INVALID_ARGUMENT", "invalid_message", "since"),
                (("stream", "chat:x", "--since", "g" * 16 + ":5"), "INVALID_ARGUMENT", "invalid_message", "epoch"),
                (("stream", "chat:x", "--last", "1001"), "INVALID_ARGUMENT", "invalid_message", "last")):
            answer = await push.call(*words)
            assert isinstance(answer, tuple) and answer[:2] == (status, code) and part in answer[2], (words, answer)
        answer = await push.call("publish", "chat:x", "t", "-", stdin=big)
        assert answer[:2] == ("INVALID_ARGUMENT", "message_too_large"), answer
        answer = await push.call("publish", "chat:x", "t", "-", stdin=json.dumps("x" * (5 * 1024 * 1024)))
        assert answer[0] == "RESOURCE_EXHAUSTED", answer
        assert (await push.stats())["published"] == 0


async def test_a_stream_that_the_caller_ends_leaves_nothing_behind():
    async def nothing_left():
        stats = await push.stats()
        return stats["connections"] == 0 and stats["rooms"] == 0

    async with await Push.start("--max-streams", "2") as push:
        async with (await Stream.open(push, "chat:0") as killed,
                    await Stream.open(push, "chat:1", "--count", "1") as one):
            await killed.started()
            await one.started()
            assert (await push.call("stream", "chat:2"))[:2] == ("RESOURCE_EXHAUSTED", "too_many_requests")
            await push.publish("chat:1", "message", "the one that it waits for")
            await killed.kill()
            assert await one.end() == ("",) and one.process.returncode == 0
        await until(nothing_left, 20, "the hub has no connection and no room")
        for _ in range(4):
            async with await Stream.open(push, "chat:again") as again:
                await again.started()
            await until(nothing_left, 20, "the hub has no connection and no room")
        async with await Stream.open(push, "chat:3", "--timeout", "2") as late:
            assert (await late.end())[0] == "DEADLINE_EXCEEDED", late.errors
        await until(nothing_left, 20, "the hub has no connection and no room")


async def test_a_server_that_is_stopped_tells_its_streams_and_ends():
    push = await Push.start()
    async with await Stream.open(push, "chat:x") as one, await Stream.open(push, "chat:y") as other:
        await one.started()
        await other.started()
        await push.publish("chat:x", "message", "the last one")
        push.process.terminate()
        for stream in (one, other):
            assert (await stream.end())[:2] == ("UNAVAILABLE", "shutting_down"), stream.errors
        assert one.payloads() == ["the last one"]
        assert await asyncio.wait_for(push.process.wait(), 30) == 0
        await push.reader
        assert (await push.call("publish", "chat:x", "t"))[0] == "UNAVAILABLE"


async def test_while_redis_is_away_a_push_is_refused_and_not_lost_in_silence():
    async with Redis() as redis, await Push.start("--redis", redis.url()) as push:
        await push.ready()
        await redis.kill()
        await push.down()
        status, code, _ = await push.call("publish", "device:x", "telemetry", "1")
        assert (status, code) == ("UNAVAILABLE", "bus_unavailable"), (status, code)
        await redis.start()
        await push.ready()
        assert (await push.receipt("publish", "device:x", "telemetry", "1"))["status"] == "NOBODY"


async def test_a_port_that_is_taken_and_a_wrong_command_line_are_told():
    async with await Push.start() as push:
        port = push.grpc.rsplit(":", 1)[1]
        for args, part in ((("--grpc-port", port, "--port", "0"), f"cannot listen on 127.0.0.1:{port} for gRPC"),
                           (("--grpc-port", "0", "--port", str(push.port)), "cannot listen on"),
                           (("--grpc-port", "65536"), "--grpc-port wants a number"), (("--dance",), "--dance")):
            process = await asyncio.create_subprocess_exec(GRPC_PUSH, *args, stdout=asyncio.subprocess.PIPE,
                                                           stderr=asyncio.subprocess.PIPE)
            out, err = await asyncio.wait_for(process.communicate(), 30)
            text = err.decode()
            assert process.returncode == 2 and not out and "grpc_push: " in text and part in text, (args, text)


run_grpc_tests(globals())
