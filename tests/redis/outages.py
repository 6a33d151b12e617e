# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""What becomes of several servers when Redis dies, freezes or refuses them, and when one of them dies.

python3 outages.py NOTIFICATION_SERVER [ECHO_SERVER]
"""

import asyncio
import contextlib
import os
import pathlib
import re
import resource
import time

from redis_support import PATIENCE, Member, Node, Redis, members, nodes, run_together, until

ROOM = "chat:stream"
HISTORY = 1000  # messages that notification_server keeps of this room
UNANSWERED = 800  # messages that a client sends ahead: two of them fill more than the history in an outage


class Stream:
    """Publishers that go on over an outage, and a check that what is missing was told. Two a server wait for each
    answer; one, a client, sends on and reads its answers as they come,
    but is never more than so many ahead: else a slow server falls behind without end."""

    def __init__(self, all_nodes, all_members):
        self.nodes, self.members = all_nodes, all_members
        self.fates = {}  # (publisher, number): (begin, end, status, code)
        self.tasks, self.stopping, self.covered = [], False, 0

    async def __aenter__(self):
        self.tasks = [asyncio.ensure_future(self._publish(node, f"{at}{half}"))
                      for at, node in enumerate(self.nodes) for half in "xy"]
        self.tasks += [asyncio.ensure_future(self._send(member, f"client of {at}"))
                       for at, member in enumerate(self.members[::2])]
        await self.more(60)
        return self

    async def __aexit__(self, *_):
        self.stopping = True
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _publish(self, node, name):
        number = 0
        while not self.stopping:
            begin = time.monotonic()
            status, body = await node.request("/api/v1/publish", {
                "room": ROOM, "type": "said", "payload": {"by": name, "n": number}})
            self.fates[name, number] = (begin, time.monotonic(), status, body.get("error", {}).get("code"))
            number += 1

    async def _send(self, member, name):
        begins, answers = [], 0

        def answered(message, now):
            nonlocal answers
            answers += 1
            status, code = (200, None) if message["type"] == "published" else (503, message["payload"]["code"])
            number = message["request_id"]
            assert (name, number) not in self.fates, f"answered twice: {message}"
            self.fates[name, number] = (begins[number], now, status, code)
        member.on_answer = answered
        while not self.stopping:
            if len(begins) - answers >= UNANSWERED:
                await asyncio.sleep(0.002)
                continue
            begins.append(time.monotonic())
            number = len(begins) - 1
            await member.send("publish", {"type": "said", "payload": {"by": name, "n": number}}, ROOM, number)
            await asyncio.sleep(0.002)
        await until(lambda: all((name, number) in self.fates for number in range(len(begins))), PATIENCE,
                    f"{name} has an answer for each of {len(begins)} messages")

    def taken(self):
        return sum(status == 200 for _, _, status, _ in self.fates.values())

    async def more(self, count):
        """Waits until so many more messages were taken, from every publisher some."""
        before, began = self.taken(), time.monotonic()

        def enough():
            for task in self.tasks:
                if task.done():
                    task.result()
            late = {name for (name, _), fate in self.fates.items() if fate[2] == 200 and fate[0] > began}
            return self.taken() >= before + count and len(late) == len(self.tasks)
        await until(enough, PATIENCE, f"{count} more messages are taken")

    async def all_arrived(self):
        """Waits until every member has what was taken before; answers when that was."""
        before = time.monotonic()
        await self.nodes[0].publish(ROOM, "mark", {})  # one order: when this is there, everything before it is
        for member in self.members:
            await member.of_type("mark", 1)
        return before

    async def end(self):
        """Lets every publisher finish what it has begun, and every member get all."""
        self.stopping = True
        await asyncio.gather(*self.tasks)
        for node in self.nodes:  # one order: when this is there, everything before it is
            await node.publish(ROOM, "end", {})
        for member in self.members:
            await member.of_type("end", len(self.nodes))

    def check(self, outage_begin, outage_end):
        orders = []
        for member in self.members:
            self._check_member(member, outage_begin, outage_end)
            self._check_positions(member)
            orders.append([self._key(message) for message in member.got("said")])
        common = set(orders[0]).intersection(*orders[1:])
        kept = [[key for key in order if key in common] for order in orders]
        assert all(order == kept[0] for order in kept), "the orders differ"
        codes = {code for _, _, status, code in self.fates.values() if status != 200}
        assert codes <= {"bus_unavailable", "delivery_unknown"}, codes
        assert all(status in (200, 503) for _, _, status, _ in self.fates.values())

    @staticmethod
    def _key(message):
        return message["payload"]["by"], message["payload"]["n"]

    def _check_member(self, member, outage_begin, outage_end):
        places, gaps = {}, {}
        for place, message in enumerate(member.messages):
            if message["type"] == "said":
                assert self._key(message) not in places, f"twice: {message}"
                places[self._key(message)] = place
            elif message["type"] == "gap" and message.get("room") == ROOM:  # others: the user's room, and broadcasts
                assert message["payload"]["reason"] in ("link_lost", "history_lost"), message
                lost_history = message["payload"]["reason"] == "history_lost"
                gaps[place] = member.times[place] if lost_history else outage_end
        for publisher in {name for name, _ in self.fates}:
            got = [n for name, n in places if name == publisher]
            assert got == sorted(got), f"out of order: {publisher}"
        for (name, n), (begin, end, status, code) in self.fates.items():
            if (name, n) in places:
                assert code != "bus_unavailable", f"{name} {n} arrived, but was said to be never sent"
                continue
            if status != 200:
                continue  # its publisher knows
            assert end >= outage_begin, f"{name} {n} was taken before the outage and did not arrive"
            before = max((place for (who, k), place in places.items() if who == name and k < n), default=-1)
            after = min((place for (who, k), place in places.items() if who == name and k > n),
                        default=len(member.messages))
            # When the link is back, more may be stored in one go than the history keeps: then a gap covers what was
            # published until it came.
            assert any(before < gap < after and begin <= max(until, outage_end) for gap, until in gaps.items()), \
                f"{name} {n} was taken and is missing without a gap: {begin}, outage until {outage_end}, " \
                f"between {before} and {after}; gaps: {[(until, member.messages[gap]) for gap, until in gaps.items()]}"
            self.covered += 1

    @staticmethod
    def _check_positions(member):
        """Nothing that Redis has stored is left out but where a gap stands, and that says where the room goes on."""
        at = None
        for message in stored(member):
            if message["type"] != "gap":
                now = message["epoch"], message["offset"]
                assert at is None or now == (at[0], at[1] + 1), f"{now} follows {at}"
                at = now
            elif "offset" in message["payload"]:
                now = message["payload"]["epoch"], message["payload"]["offset"]
                assert at is None or now[0] != at[0] or now[1] > at[1], f"a gap from {at} to {now}"
                at = now
            else:
                assert message["payload"]["reason"] == "link_lost", message
                at = None


def stored(member):
    """What a member got of the room's history, and its gaps."""
    return [message for message in member.messages
            if message.get("room") == ROOM and message["type"] in ("said", "mark", "end", "gap")]


async def stream_over(outage):
    """Runs `outage(redis, nodes, stream)`, which may answer what else to check at the end, in a stream of messages."""
    async with Redis() as redis, nodes(2, redis.url(), "--open-publish") as both:
        joining = [Member.join(node, ROOM, query=f"?user=u{n}") for node in both for n in range(2)]
        async with members(*joining) as all_members, Stream(both, all_members) as stream:
            begin = await stream.all_arrived()
            check_more = await outage(redis, both, stream)
            for node in both:
                await node.says("redis: up")
                await node.ready()
            end = time.monotonic()
            await stream.more(60)
            await stream.end()
            stream.check(begin, end)
            if check_more:
                check_more()
            unsure = sum(fate[3] == "delivery_unknown" for fate in stream.fates.values())
            print(f"        {len(stream.fates)} messages, {unsure} delivery_unknown, "
                  f"{[len(stream.fates) - len(member.got('said')) for member in all_members]} did not arrive, "
                  f"{[len(member.got('gap')) for member in all_members]} gaps, "
                  f"{stream.covered} covered by one, {end - begin:.1f} s", flush=True)
            assert unsure or all(member.got("gap") for member in all_members), "nobody heard of the outage"
            await everybody_is_present(both)


async def everybody_is_present(all_nodes):
    for node in all_nodes:
        async def complete():
            status, body = await node.request(f"/api/v1/presence?room={ROOM}")
            return status == 200 and body["client_count"] == 4 and body["user_count"] == 2
        await until(complete, PATIENCE, "presence is complete")


async def test_when_Redis_is_killed_in_mid_stream_nothing_is_lost_in_silence():
    async def kill(redis, both, stream):
        for _ in range(3):
            await redis.kill()
            for node in both:
                assert "redis://127.0.0.1" in await node.down()
                await node.says("redis: redis://127.0.0.1")
            await redis.start()
            for node in both:
                await node.ready()
            await stream.more(20)
    await stream_over(kill)


async def test_a_Redis_that_is_frozen_for_ten_seconds_is_noticed_and_nothing_is_lost_in_silence():
    async def freeze(redis, both, stream):
        frozen_until = time.monotonic() + 10
        redis.freeze()
        try:
            for node in both:
                await node.down(within=30)  # its limit is 5 s; ours is longer, for a slow machine
            await until(lambda: time.monotonic() >= frozen_until, PATIENCE, "ten seconds have passed")
        finally:
            redis.thaw()

        def all_that_the_history_holds_was_recovered():
            for member in stream.members:
                got = stored(member)
                assert len({message["epoch"] for message in got if message["type"] != "gap"}) == 1, "Redis lost nothing"
                for place, message in enumerate(got):
                    if message["type"] == "gap" and message["payload"]["reason"] == "history_lost":
                        assert len(got) - place > HISTORY, f"{len(got) - place - 1} came after {message}"
        return all_that_the_history_holds_was_recovered
    await stream_over(freeze)


async def test_in_a_long_outage_publishers_are_told_that_nothing_was_sent():
    async with Redis() as redis, await Node.start(redis.url()) as node:
        await node.ready()
        async with await Member.join(node, "device:x", query="?user=ann") as member:
            await redis.kill()
            await node.down()
            answers = await asyncio.gather(
                node.request("/api/v1/publish", {"room": "device:x", "type": "late", "payload": 1}),
                node.request("/api/v1/notify", {"user_id": "ann", "title": "t", "message": "late"}))
            for status, body in answers:
                assert status == 503 and body["error"]["code"] == "bus_unavailable", (status, body)
            status, body = await node.request("/healthz")
            assert status == 200, (status, body)
            await redis.start()
            await node.ready()
            await node.publish("device:x", "later", 2)
            await member.of_type("later", 1)
            assert not member.got("late") and not member.got("notification"), member.messages


async def test_a_server_that_dies_leaves_no_ghosts():
    async with Redis() as redis, nodes(3, redis.url()) as (a, b, c):
        async with members(Member.join(a, ROOM, query="?user=ann"), Member.join(c, ROOM, query="?user=ann")) as alive:
            with contextlib.suppress(ConnectionError):
                doomed = await Member.join(b, ROOM, query="?user=bob")
                await alive[0].of_type("join", 2)
                await b.kill()
                await doomed.task

            async def present(node):
                status, body = await node.request(f"/api/v1/presence?room={ROOM}")
                assert status == 200, (status, body)
                return sorted(one["user_id"] for one in body["users"])

            async def counted():  # again while a living one is too slow for the time that it is given
                status, body = await a.request("/api/v1/cluster")
                assert status == 200, (status, body)
                return body["connections"] == 2 and sum(one["responded"] for one in body["nodes"]) == 2
            await until(counted, PATIENCE, "the two that live, and their clients, are counted")
            for node in (a, c):
                async def without_bob():
                    return await present(node) == ["ann"]
                await until(without_bob, PATIENCE, "bob is gone")

            async def listed():
                return len((await a.request("/api/v1/cluster"))[1]["nodes"]) == 2
            await until(listed, PATIENCE, "the dead server is forgotten")
            leaves = await alive[0].of_type("leave", 1)
            assert [one["payload"]["user_id"] for one in leaves] == ["bob"], leaves


async def test_a_cut_link_comes_back_though_clients_wait_for_descriptors():
    async with Redis() as redis, await Node.start(redis.url()) as node, contextlib.AsyncExitStack() as waiting:
        await node.ready()
        limit = 96
        resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
        request = (f"GET /api/v1/ws HTTP/1.1\r\nHost: {node.host}:{node.port}\r\nConnection: Upgrade\r\n"
                   "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode()
        for _ in range(2 * limit):
            _, writer = await asyncio.open_connection(node.host, node.port)
            waiting.callback(writer.close)
            writer.write(request)

        def is_full():
            return len(os.listdir(f"/proc/{node.process.pid}/fd")) >= limit - limit // 8 - 1
        await until(is_full, PATIENCE, "it accepts no more")
        for _ in range(3):
            said = len(node.errors)
            for kind in ("normal", "pubsub"):
                await redis.command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
            await node.says("redis: up", after=said)


def documented_rule():
    """The ACL rules of docs/redis.md, without the password."""
    page = (pathlib.Path(__file__).parents[2] / "docs" / "redis.md").read_text(encoding="utf-8")
    words = " ".join(re.findall(r"```\nACL SETUSER app ([^`]*)```", page)).split()
    assert "+publish" in words and "+evalsha" in words, words
    return [word for word in words if word not in ("on", ">secret")]


async def test_a_password_and_an_ACL_user_in_the_URL_work():
    rule = documented_rule()
    async with Redis() as redis:
        await redis.command("ACL", "SETUSER", "app", "on", ">app-pass", *rule)
        await redis.command("CONFIG", "SET", "requirepass", "s3cr@t/word")
        async with await Node.start(redis.url(":s3cr%40t%2Fword@")) as a, \
                await Node.start(redis.url("app:app-pass@"), "--auth", "ticket") as b:
            await a.ready()
            await b.ready()
            status, body = await b.request("/api/v1/tickets", {"user_id": "ann", "rooms": [ROOM]})
            assert status == 200, (status, body, b.errors)
            async with members(Member.join(a, ROOM), Member.join(b, query=f"?ticket={body['ticket']}")) as both:
                for node in (a, b):
                    await node.publish(ROOM, "said", {})
                for member in both:
                    await member.of_type("said", 2)
                for node in (a, b):
                    async def complete():
                        status, body = await node.request(f"/api/v1/presence?room={ROOM}")
                        return status == 200 and body["client_count"] == 2
                    await until(complete, PATIENCE, lambda: f"presence is complete {b.errors}")
                status, body = await b.request("/api/v1/revoke", {"user_id": "bob"})
                assert status == 200 and body == {"connections": 0, "nodes": 2}, (status, body, b.errors)
                assert not any("s3cr@t" in line or "app-pass" in line
                               for node in (a, b) for line in node.errors + node.output)


async def test_a_node_that_starts_after_a_revocation_knows_it():
    async with Redis() as redis, await Node.start(redis.url(), "--auth", "ticket") as a:
        await a.ready()

        async def ticket(user):
            status, body = await a.request("/api/v1/tickets", {"user_id": user, "rooms": [ROOM], "expires_in": 60})
            assert status == 200, (status, body)
            return body["ticket"]
        revoked, other = await ticket("ann"), await ticket("bob")
        async with await Member.join(a, query=f"?ticket={await ticket('ann')}") as member:
            status, body = await a.request("/api/v1/revoke", {"user_id": "ann"})
            assert status == 200 and body == {"connections": 1, "nodes": 1}, (status, body)
            await asyncio.wait_for(member.task, PATIENCE)
            assert member.socket.close_code == 3503, member.socket.close_code
        async with await Node.start(redis.url(), "--auth", "ticket") as b:
            await b.ready()
            status, body = await b.request(f"/api/v1/sse?ticket={revoked}")
            assert status == 401 and body["error"]["message"] == "the credential was revoked", (status, body)
            async with await Member.join(b, query=f"?ticket={other}") as member:
                await b.publish(ROOM, "said", {})
                await member.of_type("said", 1)


async def test_a_wrong_password_is_told_without_the_password_and_works_once_it_is_put_right():
    async with Redis("--requirepass", "right-one") as redis, await Node.start(redis.url(":wrong-one@")) as node:
        line = await node.says("redis: redis://127.0.0.1")
        problem = await node.down()
        assert "password" in line.lower() and "password" in problem.lower(), (line, problem)
        await redis.command("CONFIG", "SET", "requirepass", "wrong-one", password="right-one")
        await node.says("redis: up")
        await node.ready()
        async with await Member.join(node, "device:x") as member:
            await node.publish("device:x", "alert", {})
            await member.of_type("alert", 1)
        assert not any("wrong-one" in line or "right-one" in line for line in node.errors + node.output)


async def test_a_wrong_host_is_told_and_a_Redis_that_comes_late_is_found():
    async with await Node.start("redis://:hidden@no-such-host.invalid:6379") as node:
        await node.says("redis://no-such-host.invalid:6379")
        assert "no-such-host.invalid" in await node.down()
        first = len(node.errors)
        await node.says("no-such-host.invalid", after=first)  # it keeps trying
        assert not any("hidden" in line for line in node.errors + node.output)
    redis = Redis()
    async with await Node.start(redis.url()) as node:
        await node.says("redis: redis://127.0.0.1")
        async with redis:
            await node.says("redis: up")
            await node.ready()
            async with await Member.join(node, "device:x") as member:
                await node.publish("device:x", "alert", {})
                await member.of_type("alert", 1)


if __name__ == "__main__":
    asyncio.run(run_together(globals()))
