"""A server that breaks every rule of HTTP on request, and a record of every socket dialled."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Peer:
    """One connection, seen from the server, after a whole request was read."""

    def __init__(self, conn: socket.socket, request: bytes, stop: threading.Event) -> None:
        self.conn, self.request, self.stop = conn, request, stop

    @property
    def path(self) -> str:
        return self.request.split(b" ", 2)[1].decode()

    def send(self, data: bytes) -> None:
        self.conn.sendall(data)

    def answer(self, body: bytes = b"", *headers: str, status: str = "200 OK") -> None:
        """A well-formed answer, unless `headers` bring a Content-Length of their own."""
        lines = [f"HTTP/1.1 {status}", *headers]
        if not any(line.lower().startswith(("content-length", "transfer")) for line in headers):
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def redirect(self, location: str, status: str = "302 Found") -> None:
        self.answer(b"", f"Location: {location}", status=status)

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.conn.close()

    def drip(self, data: bytes, every: float = 0.05) -> None:
        """One byte at a time, each well within any read timeout."""
        for byte in data:
            self.send(bytes([byte]))
            if self.stop.wait(every):
                return

    def pour(self, chunk: bytes) -> None:
        """The same bytes for ever."""
        while not self.stop.is_set():
            self.send(chunk)

    def hang(self) -> None:
        """Say nothing until the test is over."""
        self.stop.wait(20)


Behaviour = Callable[[Peer], object]


class Server:
    """Listens on a loopback port; `behave` answers each request on each connection.

    A behaviour that returns "keep" leaves the connection open for the next request. With `deaf`
    the server reads nothing by itself.
    """

    def __init__(self, behave: Behaviour, tls: ssl.SSLContext | None, deaf: bool) -> None:
        self.behave, self.tls, self.deaf = behave, tls, deaf
        self.requests: list[bytes] = []
        self.connections = 0
        self.names: list[str | None] = []  # what TLS clients asked for (SNI)
        self.stopped = threading.Event()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        if tls:
            tls.sni_callback = lambda _sock, name, _context: self.names.append(name)
        self._start(self._accept)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}"

    def stop(self) -> None:
        if self.stopped.is_set():
            return
        self.stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for conn in self._open:
            conn.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopped.is_set():
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(conn)
            self._start(self._serve, conn)

    def _serve(self, conn: socket.socket) -> None:
        try:
            conn.settimeout(20)
            if self.tls:
                conn = self.tls.wrap_socket(conn, server_side=True)
                self._open.append(conn)
            while request := b"-" if self.deaf else _request(conn):
                self.requests.append(request)
                if self.behave(Peer(conn, request, self.stopped)) != "keep":
                    break
        except (OSError, ValueError):  # the client has gone, or we were stopped
            pass
        finally:
            conn.close()


def _request(conn: socket.socket) -> bytes:
    """Head and body of the next request; empty when the client has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (chunk := conn.recv(65536)):
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        if not (chunk := conn.recv(65536)):
            return b""
        body += chunk
    return head + b"\r\n\r\n" + body


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """`serve(behaviour, tls=None, deaf=False)`; all are stopped at the end of the test."""
    running: list[Server] = []

    def start(behave: Behaviour, tls: ssl.SSLContext | None = None, deaf: bool = False) -> Server:
        running.append(Server(behave, tls, deaf))
        return running[-1]

    yield start
    for server in running:
        server.stop()


_dials: list[object] = []
_hooked = False


@pytest.fixture
def dials() -> list[object]:
    """Every address that this process has tried to connect to since the test began."""
    global _hooked
    if not _hooked:  # an audit hook cannot be taken out again

        def hook(event: str, args: tuple[object, ...]) -> None:
            if event == "socket.connect":
                _dials.append(args[1])

        sys.addaudithook(hook)
        _hooked = True
    _dials.clear()
    return _dials


@dataclass(frozen=True, kw_only=True)
class Authority:
    """A private CA: server contexts that it vouches for, and a client context that trusts it."""

    folder: Path
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def client(self) -> ssl.SSLContext:
        issued = self._issue("a private authority", self.key)
        return ssl.create_default_context(cadata=issued.decode())

    def server(self, name: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        path = self.folder / f"{name}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + self._issue(name, key)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _issue(self, name: str, key: ec.EllipticCurvePrivateKey) -> bytes:
        now = dt.datetime.now(dt.UTC)
        root = key is self.key
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named("a private authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
        )
        if not root:
            try:
                alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
            except ValueError:
                alternative = x509.DNSName(name)
            builder = builder.add_extension(
                x509.SubjectAlternativeName([alternative]), critical=False
            )
        certificate = builder.sign(self.key, hashes.SHA256())
        return certificate.public_bytes(serialization.Encoding.PEM)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    folder = tmp_path / "authority"
    folder.mkdir()
    return Authority(folder=folder)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where a download shall land: the only file in a folder of its own."""
    folder = tmp_path / "videos"
    folder.mkdir()
    return folder / "video.mp4"
