# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""Several servers on one Redis are one hub: rooms, users, tickets, publishers that are not ours.

python3 one_hub.py NOTIFICATION_SERVER [ECHO_SERVER]
"""

import asyncio
import json
import re

from redis_support import Member, Redis, members, nodes, until, websockets
from support import run_tests


async def test_a_message_published_on_one_server_reaches_the_members_on_all_three():
    async with Redis() as redis, nodes(3, redis.url()) as (a, b, c):
        async with members(*(Member.join(node, "device:x") for node in (a, b, c))) as all_members:
            for n, node in enumerate((a, b, c, a)):
                receipt = await node.publish("device:x", "telemetry", {"n": n, "text": "ü😀"})
                assert receipt["local_receivers"] == 1, receipt
                assert receipt["dispatched_to_cluster"] is True and receipt["nodes"] == 2, receipt
            for member in all_members:
                got = await member.of_type("telemetry", 4)
                assert [message["payload"] for message in got] == [{"n": n, "text": "ü😀"} for n in range(4)], got
                assert all(message["room"] == "device:x" for message in got)
        async with await Member.join(a, "device:here-only"):
            receipt = await a.publish("device:here-only", "telemetry", {})
            assert receipt["local_receivers"] == 1, receipt
            assert receipt["dispatched_to_cluster"] is False and receipt["nodes"] == 0, receipt


async def test_all_servers_see_one_order_when_clients_of_all_of_them_publish_at_once():
    rounds, each = 30, 10
    count = rounds * each

    async def publish(member, name):
        for n in range(count):
            if n % each == 0:  # in step: nobody is a round ahead of the others
                await member.of_type("said", 3 * n, 30)
            await member.send("publish", {"type": "said", "payload": {"by": name, "n": n}}, "device:order")
            await asyncio.sleep(0)  # the others' turn

    async with Redis() as redis, nodes(3, redis.url(), "--open-publish") as all_nodes:
        async with members(*(Member.join(node, "device:order") for node in all_nodes)) as all_members:
            await asyncio.gather(*(publish(member, name) for name, member in enumerate(all_members)))
            orders = []
            for member in all_members:
                got = await member.of_type("said", 3 * count, 30)
                orders.append([(message["payload"]["by"], message["payload"]["n"]) for message in got])
                assert not member.got("gap") and not member.got("error"), member.messages[-3:]
            for order in orders:
                assert len(order) == 3 * count and order == orders[0], "the orders differ"
            for by in range(3):
                assert [n for name, n in orders[0] if name == by] == list(range(count)), f"out of order: {by}"
            switches = sum(one[0] != other[0] for one, other in zip(orders[0], orders[0][1:]))
            assert switches >= 2 * rounds, "they were not in step"


async def test_a_user_on_two_servers_is_notified_on_every_device_and_the_receipt_is_true():
    async def notify(node, user):
        status, receipt = await node.request("/api/v1/notify", {"user_id": user, "title": "Hello", "message": "Door"})
        assert status == 200, (status, receipt)
        return receipt

    async with Redis() as redis, nodes(3, redis.url()) as (a, b, c):
        async with members(Member.join(a, query="?user=ann"), Member.join(a, query="?user=ann"),
                           Member.join(b, query="?user=ann"), Member.join(b, query="?user=bob")) as all_members:
            receipts = [await notify(a, "ann"), await notify(c, "ann"), await notify(b, "bob"),
                        await notify(c, "nobody-by-this-name")]
            assert len({receipt.pop("id") for receipt in receipts}) == len(receipts), receipts
            epochs = [receipt.pop("epoch") for receipt in receipts]
            assert epochs[0] == epochs[1] and all(re.fullmatch("[0-9a-f]{16}", epoch) for epoch in epochs), epochs
            assert receipts == [
                {"user_id": "ann", "status": "delivered_locally", "local_receivers": 2,
                 "dispatched_to_cluster": True, "nodes": 1, "offset": 1},
                {"user_id": "ann", "status": "dispatched_to_cluster", "local_receivers": 0,
                 "dispatched_to_cluster": True, "nodes": 2, "offset": 2},
                {"user_id": "bob", "status": "delivered_locally", "local_receivers": 1,
                 "dispatched_to_cluster": False, "nodes": 0, "offset": 1},
                {"user_id": "nobody-by-this-name", "status": "stored", "local_receivers": 0,
                 "dispatched_to_cluster": False, "nodes": 0, "offset": 1}], receipts
            for member, count in zip(all_members, (2, 2, 2, 1)):
                got = await member.of_type("notification", count)
                assert len(got) == count and all(one["payload"]["title"] == "Hello" for one in got), got


async def test_anybody_may_publish_plain_JSON_to_a_room_and_to_a_user():
    async with Redis() as redis, nodes(2, redis.url()) as all_nodes:
        async with members(*(Member.join(node, "device:x", query="?user=ann") for node in all_nodes)) as both:
            assert await redis.command("PUBLISH", "fanfare:room:{device:x}",
                                       '{"type":"telemetry","payload":{"temperature":21.5}}') == 2
            await redis.command("PUBLISH", "fanfare:room:{device:x}", '{"type":"flat","temperature":21.5}')
            await redis.command("PUBLISH", "fanfare:room:{device:x}", "[1, 2]")
            await redis.command("PUBLISH", "fanfare:room:{user:ann}", '{"type":"badge","payload":{"unread":3}}')
            await redis.command("PUBLISH", "notifications", json.dumps(
                {"user_id": "ann", "title": "Build", "message": "It is green ü", "data": {"id": 7}}))
            for member in both:
                assert (await member.of_type("telemetry", 1))[0]["payload"] == {"temperature": 21.5}
                assert (await member.of_type("flat", 1))[0]["payload"] == {"temperature": 21.5}
                one, = await member.of_type("message", 1)
                assert one["payload"] == [1, 2] and one["room"] == "device:x" and one["timestamp"], one
                one, = await member.of_type("badge", 1)
                assert one["payload"] == {"unread": 3} and one["room"] == "user:ann", one
                one, = await member.of_type("notification", 1)
                assert one["payload"] == {"user_id": "ann", "title": "Build", "message": "It is green ü",
                                          "data": {"id": 7}}, one
                assert one["room"] == "user:ann", one


async def test_malformed_bodies_are_told_and_harm_nobody():
    room = "fanfare:room:{device:x}"
    bad = [(room, b"not json"), (room, b""), (room, b"\xff\xfe{}"), (room, b'{"a":' * 100), (room, b"{\"a\":1e999}"),
           (room, b"F1 r 0 5\n"), (room, b"F1 r 0 0\n\xff"), (room, b"F9 what"), (room, b"F1 r 0 99999999999\n{}"),
           (room, b"[" * 100_000), ("fanfare:control", b"{}"), ("fanfare:control", b"F1 c 0 0\n{\"type\":7}"),
           ("fanfare:broadcast", b"junk"), ("notifications", b"{}"), ("notifications", b"junk"),
           ("notifications", b'{"user_id":"","title":"t","message":"m"}'),
           ("notifications", b'{"user_id":"a b","title":"t","message":"m"}'),
           ("notifications", b'{"user_id":5,"title":"t","message":"m"}')]
    async with Redis() as redis, nodes(2, redis.url()) as (a, b):
        async with members(Member.join(a, "device:x", query="?user=ann"),
                           Member.join(b, "device:x", query="?user=ann")) as both:
            before = len(a.errors)
            for channel, body in bad:
                assert await redis.command("PUBLISH", channel, body) == 2, (channel, body)
            await a.publish("device:x", "alert", {"message": "all is well"})
            for member in both:
                await member.of_type("alert", 1)
                assert {message["type"] for message in member.messages} == {"connected", "subscribed", "alert"}
            for node in (a, b):
                await node.says("malformed message on " + room, after=before)
                assert len(node.errors) - before <= len(bad), "told at most once each"
                assert await node.is_ready()


async def test_a_ticket_issued_on_one_server_is_good_once_on_any():
    async def refused(node, ticket):
        try:
            await (await Member.join(node, query=f"?ticket={ticket}")).close()
        except websockets.InvalidHandshake as answer:
            old = hasattr(answer, "status_code")  # websockets before 14, Debian 12's
            return answer.status_code if old else answer.response.status_code
        return None

    async with Redis() as redis, nodes(2, redis.url(), "--auth", "ticket") as (a, b):
        async def ticket():
            status, body = await a.request("/api/v1/tickets", {
                "user_id": "ann", "claims": {"role": "operator"}, "rooms": ["device:x"], "expires_in": 30})
            assert status == 200, (status, body)
            return body["ticket"]

        first = await ticket()
        async with await Member.join(b, query=f"?ticket={first}") as member:
            assert member.connected["user_id"] == "ann", member.connected
            await a.publish("device:x", "alert", {})
            await member.of_type("alert", 1)
            assert await refused(a, first) == 401 and await refused(b, first) == 401
        for key in await redis.command("KEYS", "*"):
            assert first.encode() not in key

        raced = await ticket()
        answers = await asyncio.gather(*(refused((a, b)[n % 2], raced) for n in range(50)))
        assert sorted(answer or 0 for answer in answers) == [0] + 49 * [401], answers
        assert not any(first in line or raced in line for node in (a, b) for line in node.errors + node.output)


async def test_presence_and_the_list_of_servers_reach_across():
    async with Redis() as redis, nodes(2, redis.url()) as (a, b):
        async with members(Member.join(a, "chat:1", query="?user=ann"), Member.join(b, "chat:1", query="?user=ann"),
                           Member.join(b, "chat:1", query="?user=bob")):
            async def who(node):
                status, body = await node.request("/api/v1/presence?room=chat:1")
                assert status == 200, (status, body)
                return sorted((one["user_id"], one["connections"]) for one in body["users"])

            for node in (a, b):
                async def complete():
                    return await who(node) == [("ann", 2), ("bob", 1)]
                await until(complete, 10, "everybody is present")
                status, body = await node.request("/api/v1/cluster")
                assert status == 200 and len(body["nodes"]) == 2, body
                assert all(one["responded"] for one in body["nodes"]), body
                assert body["connections"] == 3, body


if __name__ == "__main__":
    asyncio.run(run_tests(globals()))
