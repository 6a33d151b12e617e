# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""What the scripts about proxies share: nginx and HAProxy with the configurations of docs/proxies.md, and clients."""

import asyncio
import contextlib
import json
import os
import pathlib
import pwd
import re
import resource
import shutil
import ssl
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "redis"))

from redis_support import PATIENCE, Redis, nodes, websockets  # noqa: E402
from support import SKIPPED, RawClient, reserved_port, until  # noqa: E402

PAGE = (HERE.parents[1] / "docs" / "proxies.md").read_text(encoding="utf-8")
NAME = "app.example"  # the public name; as in the page
INTERNAL = "fanfare.internal"  # what the servers' certificate says; as in the page


def allow_many_files():
    """As many as may be: some users' shells allow few."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most if most != resource.RLIM_INFINITY else 65536, most))


def program(name):
    """Its path; some users' PATH ends before sbin."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not found:
        print(f"skipped: no {name} (Debian: {name})")
        sys.exit(SKIPPED)
    return found


def block(language, title):
    """The code block of the page whose first line is this title."""
    found = re.findall(rf"^```{language}\n# {re.escape(title)}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(found) == 1, f"docs/proxies.md has {len(found)} blocks {title!r}"
    return found[0]


def put(text, *changes):
    """`text` with what the pairs say instead. What is replaced must be there: else the page says something else."""
    for old, new in changes:
        assert old in text, f"docs/proxies.md does not say {old!r}"
        text = text.replace(old, new)
    return text


def certificate(folder, name):
    """A certificate for `name` that is its own authority, its key, and both in one file, as HAProxy wants it."""
    chain, key, both = (folder / f"{name}.{kind}.pem" for kind in ("chain", "key", "both"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", chain],
        check=True, stderr=subprocess.DEVNULL)
    both.write_text(chain.read_text() + key.read_text())
    return chain, key, both


def unprivileged():
    """For a new process: root becomes nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class Proxy:
    """A proxy before these servers, on a port of 127.0.0.1, in a folder of its own; ended by its own process id.
    `tls`: it speaks TLS to its clients, `tls_behind`: to the servers, and believes the certificate in that file.
    `changes`: pairs of what to replace in the page's configuration. `status`: what it answers when it is there."""

    def __init__(self, servers, tls=False, tls_behind=None, changes=(), status=200):
        self.servers, self.tls_behind, self.changes, self.status = servers, tls_behind, changes, status
        self.reserved = reserved_port()
        self.host, self.port = self.reserved.getsockname()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"fanfare-{self.name}-"))
        self.chain, self.key, self.both = certificate(self.folder, NAME)
        self.ssl = ssl.create_default_context(cafile=self.chain) if tls else None
        self.authority = f"{NAME if tls else self.host}:{self.port}"
        self.ws = f"ws{'s' if tls else ''}://{self.authority}/api/v1/ws"
        self.process = None

    async def __aenter__(self):
        try:
            self.config.write_text(self.configuration())
            self.give_away()
            self.process = await self.start()
            await until(self.answers, PATIENCE, "the proxy answers")
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_):
        if self.process:
            await self.end(self.process)
        self.reserved.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def config(self):
        return self.folder / "config"

    def give_away(self):
        user = unprivileged()
        for path in [self.folder, *self.folder.iterdir()] if user else []:
            os.chown(path, user["user"], user["group"])

    async def run(self, *words):
        with open(self.folder / "log", "ab") as log:
            return await asyncio.create_subprocess_exec(
                program(self.name), *map(str, words), cwd=self.folder, stdin=asyncio.subprocess.DEVNULL, stdout=log,
                stderr=log, **unprivileged())

    async def end(self, process):
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    def log(self):
        return (self.folder / "log").read_text(errors="replace")[-3000:]

    async def answers(self):
        assert self.process.returncode is None, f"{self.name} ended: {self.log()}"
        try:
            status, _, _ = await self.request("GET", "/healthz")
        except (OSError, EOFError):
            return False
        return status == self.status

    async def connect(self, source=None):
        """`source`: the client's address, another one than the loopback interface gives."""
        return RawClient(*await asyncio.open_connection(
            self.host, self.port, ssl=self.ssl, server_hostname=NAME if self.ssl else None,
            local_addr=(source, 0) if source else None))

    async def request(self, method, path, body=None, headers=()):
        """Answers the status, the head and the body."""
        client = await self.connect()
        try:
            data = b"" if body is None else json.dumps(body).encode()
            client.write("".join(
                [f"{method} {path} HTTP/1.1\r\nHost: {self.authority}\r\nConnection: close\r\n",
                 f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n" if data else "",
                 *(f"{name}: {value}\r\n" for name, value in headers), "\r\n"]).encode() + data)
            head = (await asyncio.wait_for(client.reader.readuntil(b"\r\n\r\n"), 15)).decode("latin-1")
            return int(head.split()[1]), head, await client.ended(15)
        finally:
            await client.close()

    def addresses(self):
        """The page's addresses of the servers, and the real ones."""
        return [(f"10.0.0.1{at}:8080", f"{server.host}:{server.port}") for at, server in enumerate(self.servers, 1)]

    async def websocket(self, **more):
        """One of `websockets`' clients, which knows the proxy by its public name."""
        if self.ssl:
            more.update(ssl=self.ssl, server_hostname=NAME)
        return await websockets.connect(self.ws, host=self.host, port=self.port, max_queue=None, **more)


class Nginx(Proxy):
    """nginx: a master process and two workers."""
    name = "nginx"

    def configuration(self):
        text = block("nginx", "conf.d/fanfare.conf")
        if self.tls_behind:
            behind = put(block("nginx", "TLS to the servers"), ("/etc/tls/servers.pem", str(self.tls_behind)))
            for upstream in ("fanfare_events", "fanfare"):
                text = put(text, (f"proxy_pass http://{upstream};",
                                  put(behind, ("https://fanfare;", f"https://{upstream};"))))
        text = put(text, ("listen 443 ssl;", f"listen {self.host}:{self.port}{' ssl' if self.ssl else ''};"),
                   ("/etc/tls/chain.pem", str(self.chain)), ("/etc/tls/key.pem", str(self.key)),
                   *self.addresses())
        own = "".join(f"{kind}_temp_path {self.folder}/{kind};\n"
                      for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        main = block("nginx", "nginx.conf, outside of http")
        return put(f"daemon off;\npid {self.folder}/pid;\nerror_log stderr;\nworker_processes 2;\n{main}"
                   f"http {{\naccess_log off;\n{own}{text}}}\n", *self.changes)

    async def start(self):
        return await self.run("-p", self.folder, "-c", self.config)

    async def reload(self):
        assert await (await self.run("-p", self.folder, "-c", self.config, "-s", "reload")).wait() == 0, self.log()


class HAProxy(Proxy):
    """HAProxy: one process."""
    name = "haproxy"

    def configuration(self):
        text = block("haproxy", "haproxy.cfg")
        if self.tls_behind:
            behind = put(block("haproxy", "TLS to the servers"), ("/etc/tls/servers.pem", str(self.tls_behind)))
            checks = "default-server check inter 1s fall 1 rise 2\n"
            text = put(text, (checks, checks + behind))
        return put(text, ("maxconn 20000", "maxconn 450"),  # each needs two files, and this machine may allow few
                   (":443 ssl crt /etc/tls/both.pem",
                          f"{self.host}:{self.port}" + (f" ssl crt {self.both}" if self.ssl else "")),
                   *self.addresses(), *self.changes)

    async def start(self, *words):
        return await self.run("-db", "-f", self.config, *words)

    async def reload(self):
        """A new process takes over; the old one ends by itself."""
        old, self.process = self.process, await self.start("-sf", self.process.pid)
        try:
            await asyncio.wait_for(old.wait(), PATIENCE)
        finally:
            if old.returncode is None:
                await self.end(old)


class TcpHAProxy(HAProxy):
    """HAProxy that balances TCP, and tells the clients' addresses by the PROXY protocol."""

    def configuration(self):
        return put(block("haproxy", "tcp.cfg"), ("maxconn 20000", "maxconn 450"),
                   (":443", f"{self.host}:{self.port}"), *self.addresses(), *self.changes)


for each in (Nginx, HAProxy):
    program(each.name)
allow_many_files()


def behind_each_proxy(body):
    """Makes two tests of one: with nginx and with HAProxy."""
    for kind in (Nginx, HAProxy):
        def make(kind):
            async def test():
                await body(kind)
            return test
        body.__globals__[f"{body.__name__}_behind_{kind.name}"] = make(kind)


@contextlib.asynccontextmanager
async def two_behind(kind, *words, **more):
    """A proxy before two servers on one Redis: answers it and them."""
    async with Redis() as redis, nodes(2, redis.url(), *words) as servers, kind(servers, **more) as proxy:
        yield proxy, servers


class Events:
    """An event stream: the text of its events, one by one. It keeps the cookie, as a browser does."""

    @classmethod
    async def open(cls, proxy, query=""):
        events = cls()
        events.client = await proxy.connect()
        events.client.write(f"GET /api/v1/sse{query} HTTP/1.1\r\nHost: {proxy.authority}\r\n"
                            "Accept: text/event-stream\r\n\r\n".encode())
        head = (await asyncio.wait_for(events.client.reader.readuntil(b"\r\n\r\n"), 15)).decode("latin-1")
        assert head.startswith("HTTP/1.1 200"), head
        events.chunked = "transfer-encoding: chunked" in head.lower()
        cookie = re.search(r"(?im)^set-cookie: *(fanfare_node=[^;\r]+)", head)
        events.cookie = [("Cookie", cookie[1])] if cookie else []
        events.text = b""
        return events

    async def piece(self):
        """What comes next; nothing: it has ended."""
        if not self.chunked:
            return await self.client.reader.read(65536)
        size = await self.client.reader.readline()
        if not size:
            return b""  # cut
        data = await self.client.reader.readexactly(int(size, 16) + 2)
        return data[:-2]

    async def event(self, within=15):
        """The next one, without its empty line; None: it has ended."""
        while b"\n\n" not in self.text:
            more = await asyncio.wait_for(self.piece(), within)
            if not more:
                return None
            self.text += more
        one, _, self.text = self.text.partition(b"\n\n")
        return one.decode()

    async def of_type(self, kind):
        """The next message of that type."""
        while (event := await self.event()) is not None:
            data = re.search(r"(?m)^data: (.*)$", event)
            if data and (message := json.loads(data[1])).get("type") == kind:
                return message
        raise AssertionError(f"the stream ended without {kind}")

    async def close(self):
        await self.client.close()


@contextlib.asynccontextmanager
async def closing(things):
    """Closes all of them in the end, as far as they are there."""
    try:
        yield things
    finally:
        await asyncio.gather(*(one.close() for one in things), return_exceptions=True)
