"""A web server on this machine that answers as it is told, byte by byte, also over TLS.

It speaks raw sockets, because what it has to send is often no HTTP that a server would send.
"""

import contextlib
import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpcore2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TLS_RECORD = b"\x16\x03"
"""How a client begins that expects TLS."""

Answer = bytes | Callable[[socket.socket], None]


def ok(body: bytes, *headers: str) -> bytes:
    """A plain answer; `headers` instead of the usual one, if there are any."""
    lines = headers or (f"Content-Length: {len(body)}",)
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode() + body


def status(code: int, *headers: str) -> bytes:
    """An answer without a body."""
    lines = (f"HTTP/1.1 {code} Whatever", "Content-Length: 0", *headers, "", "")
    return "\r\n".join(lines).encode()


@dataclass
class Site:
    """What it is told to answer, by path, and what it was asked."""

    port: int
    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    """A list is used up, one answer a request."""
    requests: list[str] = field(default_factory=list)
    """Heads of requests, as they came."""

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            read = connection.recv(65536)
            if not read or read.startswith(TLS_RECORD):
                return
            head += read
        self.requests.append(head.decode())
        answer = self.answers[head.split()[1].decode()]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if callable(answer):
            answer(connection)
        else:
            connection.sendall(answer)


@contextlib.contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Run a site until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    site = Site(listener.getsockname()[1])
    threads: list[threading.Thread] = []

    def one(plain: socket.socket) -> None:
        # A client that has seen enough hangs up; that is no failure of the site.
        with plain, contextlib.suppress(OSError):
            plain.settimeout(5)
            connection = tls.wrap_socket(plain, server_side=True) if tls else plain
            with connection:
                site.serve(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=one, args=(connection,)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield site
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [accepting, *threads]:
            thread.join(10)


def dripping(parts: Iterable[bytes], pause_seconds: float) -> Callable[[socket.socket], None]:
    """Send something, slowly, until the other side hangs up."""

    def drip(connection: socket.socket) -> None:
        waiting = threading.Event()
        for part in parts:
            connection.sendall(part)
            waiting.wait(pause_seconds)

    return drip


@dataclass
class Detour(httpcore2.NetworkBackend):
    """Connects to the site whatever address is asked for, and keeps what was asked for."""

    port: int
    asked: list[tuple[str, int]] = field(default_factory=list)
    unreachable: frozenset[str] = frozenset()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        self.asked.append((host, port))
        if host in self.unreachable:
            raise httpcore2.ConnectError("unreachable")
        return httpcore2.SyncBackend().connect_tcp("127.0.0.1", self.port, timeout)


@dataclass(frozen=True)
class Certificates:
    """A certificate authority of the test's own, and a certificate of its."""

    client: ssl.SSLContext
    server: ssl.SSLContext


def certificates(directory: Path, *names: str) -> Certificates:
    """A certificate for host names; the client trusts nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = directory / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    client = ssl.create_default_context(cafile=path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return Certificates(client, server)
