"""An address with several hosts uses the one that accepts changes."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from builders import refused
from cluster import Cluster, running_cluster
from storage_samples import LOG, visit, wait_until
from two_homes import OnServer

from zoneplanner import storage
from zoneplanner.storage.postgres.address import parse_server_address


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://officer@one,two/district",
        "postgresql://officer@one:5433,two,three:5434/district?schema=north",
        "postgresql://officer@[::1]:5433,127.0.0.1/district",
        "postgresql://one/district",
    ],
)
def test_an_address_with_several_hosts_round_trips(text: str) -> None:
    assert str(parse_server_address(text)) == text


def test_hosts_are_converted_for_libpq() -> None:
    address = parse_server_address("postgresql://o:p@one:5433,two/d?sslrootcert=ca.pem")
    options = address.connection_options()
    assert (options["host"], options["port"]) == ("one,two", "5433,5432")
    assert options["target_session_attrs"] == "read-write"
    assert options["sslmode"] == "verify-full"
    one = parse_server_address("postgresql://o@one/d").connection_options()
    assert "target_session_attrs" not in one


@pytest.mark.parametrize("text", ["postgresql://o@one,/d", "postgresql://o@one,two:x/d"])
def test_invalid_hosts_are_refused(text: str) -> None:
    with refused("bad_address"):
        parse_server_address(text)


def test_a_remote_host_requires_a_certificate() -> None:
    with refused("bad_address.no_certificate_check"):
        parse_server_address("postgresql://o@localhost,elsewhere/d?sslmode=disable")


def test_an_unreachable_host_is_skipped(shared: OnServer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nothing listens there
        here = shared.cluster.address("Officer A", shared.schema)
        gone = int(taken.getsockname()[1])
        address = replace(here, port=gone, others=(("127.0.0.1", here.port),))
        with storage.open(address) as store:
            assert store.append(visit("v1"), **LOG).seq == 1


@pytest.fixture
def standby() -> Iterator[Cluster]:
    with running_cluster() as server:
        yield server


@pytest.mark.long
def test_a_read_only_server_is_skipped(shared: OnServer, standby: Cluster) -> None:
    standby.run("ALTER SYSTEM SET default_transaction_read_only = on", database="postgres")
    standby.run("SELECT pg_reload_conf()", database="postgres")
    here = shared.cluster.address("Officer A", shared.schema)
    address = replace(here, port=standby.port, others=(("127.0.0.1", here.port),))

    def opens() -> bool:
        with storage.open(address) as store:
            return store.append(visit("v1"), **LOG).seq == 1

    assert wait_until(opens)
