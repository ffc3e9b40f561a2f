"""The way from Docker's containers to the emulator, which listens on this machine's loopback alone.

A forwarder listens on the address that this machine has in Docker's default network, where
containers see it and, unless the machine routes for others, nobody else.
"""

import contextlib
import ipaddress
import json
import socket
import subprocess
import threading
from collections.abc import Iterator

from handler.core.errors import ConfigurationError

_CHUNK = 65_536


def bridge_address(docker: str = "docker") -> str:
    """The address of this machine in Docker's default network.

    Raises:
        ConfigurationError: There is no Docker, or its engine does not run.
    """
    command = [docker, "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        raise ConfigurationError(f"sam local needs Docker: {docker}: {error.strerror}") from error
    if asked.returncode:
        raise ConfigurationError(f"sam local needs a running Docker engine: {asked.stderr.strip()}")
    return gateway_of(asked.stdout)


def gateway_of(configuration: str) -> str:
    """The gateway in a network's IPAM configuration; by Docker's rule the first address if unsaid.

    Raises:
        ConfigurationError: There is none.
    """
    for each in json.loads(configuration) or []:
        if "Gateway" in each:
            return str(each["Gateway"])
        if "Subnet" in each:
            return str(next(ipaddress.ip_network(each["Subnet"]).hosts()))
    raise ConfigurationError("Docker's default network has no address of this machine")


@contextlib.contextmanager
def forwarding(address: str, port: int) -> Iterator[None]:
    """Take connections to `address` on to the same port of 127.0.0.1, as long as the context lasts.

    Raises:
        ConfigurationError: The address is not this machine's.
    """
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((address, port))
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on {address}, where containers would look for this machine:"
                f" {error.strerror}. It takes a Docker engine on this very machine, not in a"
                " virtual one"
            ) from error
        listening.listen()
        accepting = threading.Thread(target=_accept, args=(listening, port), daemon=True)
        accepting.start()
        try:
            yield
        finally:
            # Closing alone would not wake the thread.
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            accepting.join()


def _accept(listening: socket.socket, port: int) -> None:
    while True:
        try:
            caller, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_join, args=(caller, port), daemon=True).start()


def _join(caller: socket.socket, port: int) -> None:
    with caller:
        try:
            emulator = socket.create_connection(("127.0.0.1", port))
        except OSError:
            return
        with emulator:
            back = threading.Thread(target=_pump, args=(emulator, caller), daemon=True)
            back.start()
            _pump(caller, emulator)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
