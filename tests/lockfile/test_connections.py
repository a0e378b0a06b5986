"""The engine's connections are those of torchenv's own requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.findings import WorldError
from provisioner.host import PipConfig
from provisioner.lockfile import engine_environ, network_settings
from provisioner.network import Network
from provisioner.spec import Sources

_NAMES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.mark.parametrize(
    ("network", "proxy"),
    [
        (Network(proxy="u:p@p.example:3128"), "http://u:p@p.example:3128"),
        (Network(proxy="https://p.example"), "https://p.example"),
        (Network(no_proxy_env=True), ""),
    ],
)
def test_explicit_proxy_replaces_the_variables(network: Network, proxy: str) -> None:
    """Exceptions included, as with pip: the user's own variables would count otherwise."""
    environ = engine_environ(network)
    assert {name: environ[name] for name in _NAMES} == dict.fromkeys(_NAMES, proxy)
    assert (environ["no_proxy"], environ["NO_PROXY"]) == ("", "")


def test_variables_hold_where_nothing_is_configured() -> None:
    """Without a setting of pip's the user's variables reach the engine as they are."""
    assert not {*_NAMES, "no_proxy", "NO_PROXY"} & engine_environ(Network()).keys()


def test_authorities() -> None:
    """A configured bundle, else what this machine trusts, and not the engine's own list."""
    assert engine_environ(Network())["UV_SYSTEM_CERTS"] == "1"
    environ = engine_environ(Network(cert=Path("/etc/ca.pem")))
    assert (environ["SSL_CERT_FILE"], environ["SSL_CERT_DIR"]) == ("/etc/ca.pem", "")
    assert "UV_SYSTEM_CERTS" not in environ


@pytest.mark.parametrize(
    ("wish", "variable", "number"), [(None, "", 8), (3, "", 3), (3, "5", 5), (None, "32", 32)]
)
def test_connections(wish: int | None, variable: str, number: int) -> None:
    """The variable wins over the spec, and both over the default."""
    environ = {"TORCHENV_CONNECTIONS": variable}
    network = network_settings(Sources(connections=wish), PipConfig(), environ)
    assert network.connections == number


@pytest.mark.parametrize("variable", ["0", "33", "-1", "many", "1.5", "\u0663"])
def test_connections_that_are_none(variable: str) -> None:
    """A variable that is no such number is refused, not ignored."""
    with pytest.raises(WorldError, match="TE510"):
        network_settings(Sources(), PipConfig(), {"TORCHENV_CONNECTIONS": variable})
