"""The way from containers to the emulator."""

import json
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from handler.core.errors import ConfigurationError
from infra.sam_local.bridge import bridge_address, forwarding, gateway_of

# Another loopback address stands for that of Docker's network.
OTHER = "127.0.0.2"
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="has no second loopback address")


def docker_that(tmp_path: Path, does: str) -> str:
    program = tmp_path / "docker"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o700)
    return str(program)


def test_the_gateway_is_what_docker_says_or_the_first_address() -> None:
    assert gateway_of('[{"Subnet":"172.18.0.0/16","Gateway":"172.18.0.9"}]') == "172.18.0.9"
    assert gateway_of('[{"Subnet":"172.17.0.0/16"}]') == "172.17.0.1"
    for nothing in ("null", "[]", "[{}]"):
        with pytest.raises(ConfigurationError, match="no address"):
            gateway_of(nothing)


def test_docker_is_asked_and_its_absence_is_told(tmp_path: Path) -> None:
    answer = json.dumps([{"Gateway": "172.17.0.1"}])
    assert bridge_address(docker_that(tmp_path, f"echo '{answer}'")) == "172.17.0.1"
    with pytest.raises(ConfigurationError, match="running Docker engine: no daemon"):
        bridge_address(docker_that(tmp_path, "echo no daemon >&2; exit 1"))
    with pytest.raises(ConfigurationError, match="needs Docker"):
        bridge_address(str(tmp_path / "nothing"))


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """What the emulator is to the forwarder."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def answer_once(server: socket.socket, prefix: bytes) -> None:
    """Reads until the other side has finished, then answers with what it was told."""
    connection, _ = server.accept()
    with connection:
        told = bytearray()
        while data := connection.recv(65_536):
            told += data
        connection.sendall(prefix + told)


@on_linux
def test_both_directions_arrive_whole_and_end_for_themselves(listening: socket.socket) -> None:
    port = listening.getsockname()[1]
    asked = bytes(range(256)) * 8_000
    answering = threading.Thread(target=answer_once, args=(listening, b"you said: "))
    answering.start()
    with forwarding(OTHER, port), socket.create_connection((OTHER, port), timeout=10) as caller:
        caller.sendall(asked)
        caller.shutdown(socket.SHUT_WR)
        answered = bytearray()
        while data := caller.recv(65_536):
            answered += data
    answering.join()
    assert answered == b"you said: " + asked


@on_linux
def test_nobody_behind_it_is_a_closed_connection_and_nothing_is_left_after_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with forwarding(OTHER, port), socket.create_connection((OTHER, port), timeout=10) as caller:
        assert caller.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((OTHER, port), timeout=10)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"192\.0\.2\.1"), forwarding("192.0.2.1", 4566):
        pass
