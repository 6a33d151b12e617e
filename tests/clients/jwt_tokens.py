# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""JWTs that PyJWT makes, as a company's identity provider would: who enters, renews, and is sent away.

python3 jwt_tokens.py NOTIFICATION_SERVER [ECHO_SERVER]
"""

import asyncio
import contextlib
import json
import os
import pathlib
import sys
import tempfile
import time
import urllib.error
import urllib.request

from support import SKIPPED, Server, receive, run_tests, until

try:
    import jwt
    import websockets
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
except ImportError as missing:
    print(f"skipped: no Python package {missing.name} (Debian: python3-jwt, python3-cryptography, python3-websockets)")
    sys.exit(SKIPPED)

NOTIFICATION_SERVER = sys.argv[1]
SECRET = "a secret of forty-eight bytes, for HS256 and HS384"
ADMIN_KEY = "operators-only"


class Logged(Server):
    """A server whose output is kept."""

    @staticmethod
    async def _drain(process):
        process.log = b""
        while piece := await process.stdout.read(65536):
            process.log += piece

    def log(self):
        return self.process.log.decode(errors="replace")


def start(*args):
    return Logged.start(NOTIFICATION_SERVER, "--no-self-telemetry", "--auth", "jwt", "--admin-key", ADMIN_KEY, *args)


def token(key=SECRET, algorithm="HS256", headers=None, lifetime=600, **claims):
    now = time.time()
    body = {"sub": "alice", "iat": int(now), "exp": now + lifetime, **claims}
    return jwt.encode({name: value for name, value in body.items() if value is not None}, key, algorithm, headers)


def connect(server, credential=None, query="", **how):
    headers = {"Authorization": f"Bearer {credential}"} if credential else {}
    return websockets.connect(server.ws + query, extra_headers=headers, **how)


async def enter(server, credential, **how):
    """Connects; answers the socket and what `connected` says."""
    socket = await connect(server, credential, **how)
    return socket, (await receive(socket, "connected"))["payload"]


async def refused(server, credential, query="", **how):
    """The status and the error of a handshake that must fail."""
    try:
        socket = await connect(server, credential, query, **how)
    except websockets.exceptions.InvalidStatusCode as e:
        return e.status_code
    await socket.close()
    raise AssertionError("let in")


async def ask(socket, kind, payload, answer):
    await socket.send(json.dumps({"type": kind, "request_id": "r", "payload": payload}))
    while True:
        message = json.loads(await asyncio.wait_for(socket.recv(), 15))
        if message.get("request_id") == "r":
            assert message["type"] == answer, message
            return message["payload"]


async def closed_with(socket):
    await asyncio.wait_for(socket.wait_closed(), 15)
    return socket.close_code


async def test_a_shared_secret_lets_in_whom_its_tokens_name():
    async with await start("--jwt-secret", SECRET) as server:
        for algorithm in ("HS256", "HS384"):
            socket, connected = await enter(server, token(algorithm=algorithm, rooms=["group:staff"]))
            assert connected["user_id"] == "alice", connected
            await server.request("/api/v1/publish", {"room": "group:staff", "type": "note", "payload": 1}, ADMIN_KEY)
            assert (await receive(socket, "note"))["room"] == "group:staff"
            await socket.close()
        assert await refused(server, None) == 401
        assert await refused(server, token(key="x" * 48)) == 401
        assert await refused(server, token(lifetime=-3600)) == 401
        assert await refused(server, token(exp=None)) == 401
        assert await refused(server, token(nbf=time.time() + 3600)) == 401
        assert await refused(server, token(sub=None)) == 401
        assert await refused(server, jwt.encode({"sub": "alice", "exp": time.time() + 60}, "", "none")) == 401
        assert await refused(server, token(rooms=["user:bob"])) == 401, "a token opened another user's room"


async def test_browsers_bring_it_as_a_subprotocol_and_others_in_a_cookie():
    async with await start("--jwt-secret", SECRET) as server:
        entry = "fanfare.token." + token()
        socket = await connect(server, subprotocols=["fanfare.v1", entry])
        assert socket.subprotocol == "fanfare.v1", socket.subprotocol
        await socket.close()
        socket = await websockets.connect(server.ws, extra_headers={"Cookie": "fanfare_token=" + token()})
        await socket.close()


async def test_the_query_is_looked_at_only_where_that_is_switched_on():
    secret_token = token()
    async with await start("--jwt-secret", SECRET) as server:
        assert await refused(server, None, "?token=" + secret_token) == 401
    async with await start("--jwt-secret", SECRET, "--jwt-query") as server:
        socket = await connect(server, query="?token=" + secret_token)
        await receive(socket, "connected")
        await socket.close()
        assert await refused(server, None, "?token=" + secret_token[:-8]) == 401
        await server.stop()
        assert secret_token[:40] not in server.log(), "the token is in what the server printed"


async def test_issuer_and_audience():
    async with await start("--jwt-secret", SECRET, "--jwt-issuer", "https://id.example/", "--jwt-audience", "chat",
                           "--jwt-audience", "push") as server:
        for audience in ("chat", ["other", "push"]):
            socket, _ = await enter(server, token(iss="https://id.example/", aud=audience))
            await socket.close()
        assert await refused(server, token(iss="https://id.example", aud="chat")) == 401
        assert await refused(server, token(aud="chat")) == 401
        assert await refused(server, token(iss="https://id.example/", aud="billing")) == 401
        assert await refused(server, token(iss="https://id.example/")) == 401


def jwk(private_key, kid):
    public = private_key.public_key()
    algorithm = (RSAAlgorithm if isinstance(private_key, rsa.RSAPrivateKey) else
                 ECAlgorithm if isinstance(private_key, ec.EllipticCurvePrivateKey) else OKPAlgorithm)
    if algorithm is ECAlgorithm:  # PyJWT 2.6 does not write these
        numbers, size = public.public_numbers(), (public.curve.key_size + 7) // 8
        coordinate = lambda n: jwt.utils.base64url_encode(n.to_bytes(size, "big")).decode()
        body = {"kty": "EC", "crv": {256: "P-256", 384: "P-384", 521: "P-521"}[public.curve.key_size],
                "x": coordinate(numbers.x), "y": coordinate(numbers.y)}
    else:
        body = json.loads(algorithm.to_jwk(public))
        body.pop("key_ops", None)
    return {**body, "kid": kid, "use": "sig"}


@contextlib.contextmanager
def key_file(keys):
    """A file with these public keys, and what replaces it as one should: under another name, then renamed."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "jwks.json")

        def write(those):
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps({"keys": [jwk(key, kid) for kid, key in those.items()]}))
            os.replace(fresh, path)
        write(keys)
        yield str(path), write


async def test_every_kind_of_key_that_providers_publish():
    keys = {"rsa": rsa.generate_private_key(65537, 2048), "p256": ec.generate_private_key(ec.SECP256R1()),
            "p384": ec.generate_private_key(ec.SECP384R1()), "p521": ec.generate_private_key(ec.SECP521R1()),
            "ed": ed25519.Ed25519PrivateKey.generate()}
    uses = [("rsa", "RS256"), ("rsa", "RS384"), ("rsa", "RS512"), ("rsa", "PS256"), ("rsa", "PS384"), ("rsa", "PS512"),
            ("p256", "ES256"), ("p384", "ES384"), ("p521", "ES512"), ("ed", "EdDSA")]
    with key_file(keys) as (path, _):
        async with await start("--jwt-jwks", path) as server:
            for kid, algorithm in uses:
                socket, connected = await enter(server, token(keys[kid], algorithm, {"kid": kid}))
                assert connected["user_id"] == "alice", (algorithm, connected)
                await socket.close()
            assert await refused(server, token(keys["p256"], "ES256", {"kid": "p384"})) == 401
            assert await refused(server, token(keys["p256"], "ES256", {"kid": "unknown"})) == 401


async def test_keys_are_rotated_while_it_runs():
    old, new = [ed25519.Ed25519PrivateKey.generate() for _ in range(2)]
    with key_file({"old": old}) as (path, write):
        async with await start("--jwt-jwks", path) as server:
            stays, _ = await enter(server, token(old, "EdDSA", {"kid": "old"}))
            assert await refused(server, token(new, "EdDSA", {"kid": "new"})) == 401
            write({"old": old, "new": new})

            async def let_in():
                with contextlib.suppress(websockets.exceptions.InvalidStatusCode):
                    socket, _ = await enter(server, token(new, "EdDSA", {"kid": "new"}))
                    await socket.close()
                    return True
            await until(let_in, 60, "the new key is used")
            pathlib.Path(path).write_text("{}")
            await until(lambda: "stay" in server.log(), 60, "a bad file is told")
            assert await let_in(), "a bad file took the keys"
            write({"new": new})

            async def old_key_is_out():
                try:
                    socket, _ = await enter(server, token(old, "EdDSA", {"kid": "old"}))
                    await socket.close()
                except websockets.exceptions.InvalidStatusCode as e:
                    return e.status_code == 401
            await until(old_key_is_out, 60, "the old key is out")
            await stays.send(json.dumps({"type": "ping"}))
            await receive(stays, "pong")
            await stays.close()


async def test_a_token_is_renewed_while_the_connection_stays():
    async with await start("--jwt-secret", SECRET) as server:
        # Ends in about 40 s with the leeway, if nobody renews it: the client is told a tenth of that ahead.
        socket, _ = await enter(server, token(lifetime=-20, iat=None, rooms=["group:a"]))
        told = (await receive(socket, "expiring", 60))["payload"]
        answer = await ask(socket, "refresh", {"token": token(rooms=["group:b"])}, "refreshed")
        assert answer["expires_at"] > told["expires_at"], (answer, told)
        for room in ("group:a", "group:b"):
            await server.request("/api/v1/publish", {"room": room, "type": "note", "payload": room}, ADMIN_KEY)
        assert (await receive(socket, "note"))["payload"] == "group:b", "a room stayed that the new token does not name"
        failed = await ask(socket, "refresh", {"token": token(sub="bob")}, "error")
        assert failed["code"] == "forbidden", failed
        failed = await ask(socket, "refresh", {"token": token(key="y" * 48)}, "error")
        assert failed["code"] == "unauthorized", failed
        await socket.close()


async def test_who_does_not_renew_is_sent_away():
    async with await start("--jwt-secret", SECRET) as server:
        socket, _ = await enter(server, token(lifetime=-25))
        assert await closed_with(socket) == 3002


async def test_a_revoked_credential_is_good_nowhere():
    async with await start("--jwt-secret", SECRET) as server:
        stolen, own = token(jti="stolen"), token(jti="own")
        thief, _ = await enter(server, stolen)
        owner, _ = await enter(server, own)
        assert (await server.request("/api/v1/revoke", {"token_id": "stolen"}))[0] in (401, 403)
        status, told = await server.request("/api/v1/revoke", {"token_id": "stolen"}, ADMIN_KEY)
        assert status == 200 and told["connections"] == 1, (status, told)
        assert await closed_with(thief) == 3503
        assert await refused(server, stolen) == 401
        assert (await ask(owner, "refresh", {"token": stolen}, "error"))["code"] == "unauthorized"
        again, _ = await enter(server, own)
        status, told = await server.request("/api/v1/revoke", {"user_id": "alice"}, ADMIN_KEY)
        assert status == 200 and told["connections"] == 2, (status, told)
        assert await closed_with(owner) == await closed_with(again) == 3503
        assert await refused(server, own) == 401


def page_of(url, key):
    """The status and the text of a page."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=15) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, ""


async def test_the_example_lets_a_tenant_into_its_own_rooms_and_shows_its_metrics():
    key = ec.generate_private_key(ec.SECP256R1())
    with key_file({"now": key}) as (path, _):
        process = await asyncio.create_subprocess_exec(
            str(pathlib.Path(NOTIFICATION_SERVER).parent / "07_jwt_and_metrics"), "0", path, "https://id.example/", "orders",
            ADMIN_KEY, stdout=asyncio.subprocess.PIPE)
        try:
            url = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
            ticket = token(key, "ES256", {"kid": "now"}, iss="https://id.example/", aud="orders", tenant="acme")
            socket = await websockets.connect(url, extra_headers={"Authorization": f"Bearer {ticket}"})
            answer = await ask(socket, "subscribe", {"rooms": ["orders:acme", "orders:other"]}, "subscribed")
            assert answer["rooms"] == ["orders:acme"] and answer["rejected"][0]["room"] == "orders:other", answer
            page = url.replace("ws://", "http://").replace("/api/v1/ws", "/metrics")
            assert await asyncio.to_thread(page_of, page, None) == (401, "")
            status, text = await asyncio.to_thread(page_of, page, ADMIN_KEY)
            assert status == 200 and '\norders_key_reloads_total{result="failed"} 0\n' in text, (status, text)
            await socket.close()
        finally:
            process.terminate()
            assert await asyncio.wait_for(process.wait(), 20) == 0


async def test_what_cannot_be_right_is_told_before_it_listens():
    with tempfile.TemporaryDirectory() as folder:
        empty = pathlib.Path(folder, "empty.json")
        empty.write_text('{"keys":[]}')
        for words, told in ((["--auth", "jwt"], "--jwt-secret"), (["--auth", "jwt", "--jwt-secret", "short"], "32"),
                            (["--auth", "jwt", "--jwt-jwks", str(empty)], "empty.json"),
                            (["--auth", "jwt", "--jwt-jwks", folder + "/none"], "none"),
                            (["--jwt-secret", SECRET], "--auth jwt"),
                            (["--auth", "jwt", "--jwt-secret", SECRET, "--jwt-jwks", "x"], "not both")):
            process = await asyncio.create_subprocess_exec(
                NOTIFICATION_SERVER, "--port", "0", *words, stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE)
            _, text = await asyncio.wait_for(process.communicate(), 20)
            assert process.returncode == 2 and told in text.decode(), (words, process.returncode, text)
            assert SECRET not in text.decode(), "the secret is in the message"


asyncio.run(run_tests(dict(globals())))
