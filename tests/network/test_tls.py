"""Certificates: the configured authority is believed, everything else is a finding."""

from __future__ import annotations

import ssl
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from provisioner.network import Client, Network, NetworkError, StoppedError, StopSignal
from tests.network.server import Answer, Server, running
from tests.support.certificates import authority as authority_of
from tests.support.certificates import bundle_of, old_context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import trustme


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority that no system knows."""
    return authority_of("ours")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The authority's certificate as a file."""
    return bundle_of("ours", tmp_path)


@pytest.fixture
def tls_server(authority: trustme.CA) -> Iterator[Server]:
    """A server whose certificate that authority signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with running(context) as server:
        server.put("/s/", Answer(body=b"x"))
        yield server


@pytest.mark.parametrize("name", [None, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_configured_authority_is_believed(
    tls_server: Server, bundle: Path, name: str | None
) -> None:
    """By pip's `cert`, or by the variables that pip and OpenSSL look at."""
    network = Network(cert=bundle) if name is None else Network(environ={name: str(bundle)})
    with Client(network) as client:
        assert client.get(f"{tls_server.url}/s/").body == b"x"


def test_explicit_bundle_replaces_the_variables(
    tls_server: Server, bundle: Path, tmp_path: Path
) -> None:
    """The explicit option wins over the environment, as with pip."""
    network = Network(cert=bundle, environ={"SSL_CERT_FILE": str(tmp_path / "none.pem")})
    with Client(network) as client:
        assert client.get(f"{tls_server.url}/s/").body == b"x"


def test_unknown_authority_is_a_finding(tls_server: Server, tmp_path: Path) -> None:
    """A certificate that nobody vouches for: not tried again, and said how to vouch for it."""
    with (
        Client(Network(cert=bundle_of("other", tmp_path))) as client,
        pytest.raises(NetworkError) as raised,
    ):
        client.get(f"{tls_server.url}/s/")
    finding = raised.value.findings[0]
    host = tls_server.url.removeprefix("https://")
    assert finding.code == "TE428"
    assert finding.message == f"The identity of `{host}` cannot be verified."
    assert "certificate" in finding.why
    assert "`SSL_CERT_FILE`" in finding.do
    assert tls_server.connections <= 1


def test_certificate_of_another_host_is_a_finding(tls_server: Server, bundle: Path) -> None:
    """A valid certificate for another name does not do."""
    url = tls_server.url.replace("127.0.0.1", "localhost")
    with Client(Network(cert=bundle)) as client, pytest.raises(NetworkError) as raised:
        client.get(f"{url}/s/")
    assert raised.value.cause == "tls-host"
    assert "localhost" in raised.value.findings[0].why


def test_trusted_host_needs_no_certificate(tls_server: Server) -> None:
    """The user's word stands for the certificate, on that host."""
    with Client(Network(trusted_hosts=("127.0.0.1",))) as client:
        assert client.get(f"{tls_server.url}/s/").body == b"x"


@pytest.mark.parametrize("content", [None, "no certificate"])
@pytest.mark.parametrize("key", ["cert", "client_cert"])
def test_unusable_certificate_files(tmp_path: Path, key: str, content: str | None) -> None:
    """A missing or wrong file of the configuration is named."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    network = Network(cert=path) if key == "cert" else Network(client_cert=path)
    with Client(network) as client, pytest.raises(NetworkError) as raised:
        client.get("https://registry.invalid/s/")
    assert raised.value.findings[0].code == "TE428"
    assert f"The certificate file `{path}` cannot be used" in raised.value.findings[0].why


def test_client_certificate_is_shown(authority: trustme.CA, bundle: Path, tmp_path: Path) -> None:
    """A server that wants to know who asks is answered with pip's `client-cert`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    mine = tmp_path / "me.pem"
    authority.issue_cert("me@registry.example").private_key_and_cert_chain_pem.write_to_path(
        str(mine)
    )
    with running(context) as server:
        url = server.put("/s/", Answer(body=b"x"))
        with Client(Network(cert=bundle, client_cert=mine)) as client:
            assert client.get(url).body == b"x"
        with Client(Network(cert=bundle, retries=0)) as client, pytest.raises(NetworkError):
            client.get(url)


def test_stop_ends_a_tls_transfer(tls_server: Server, bundle: Path) -> None:
    """Cutting works through TLS as well."""
    go_on, begun, ended, stop = threading.Event(), threading.Event(), [], StopSignal()
    url = tls_server.put("/f", Answer(body=b"0123456789", length=99, hang=go_on))

    def transfer() -> None:
        try:
            with Client(Network(cert=bundle)) as client, client.open(url, stop=stop) as download:
                for _ in download.blocks:
                    begun.set()
        except StoppedError as exc:
            ended.append(exc)

    thread = threading.Thread(target=transfer)
    thread.start()
    assert begun.wait(10)
    stop.request()
    thread.join(30)
    go_on.set()
    assert not thread.is_alive()
    assert len(ended) == 1


def _failure_of(context: ssl.SSLContext, bundle: Path) -> NetworkError:
    with running(context) as server:
        url = server.put("/s/", Answer(body=b"x"))
        with (
            Client(Network(cert=bundle, retries=0)) as client,
            pytest.raises(NetworkError) as raised,
        ):
            client.get(url)
    return raised.value


def test_expired_certificate(authority: trustme.CA, bundle: Path) -> None:
    """The clock, or the server's owner: nothing to do with authorities."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    past = datetime(2020, 1, 1, tzinfo=timezone.utc)
    authority.issue_cert("127.0.0.1", not_after=past).configure_cert(context)
    error = _failure_of(context, bundle)
    assert (error.cause, error.findings[0].code) == ("tls-expired", "TE428")
    assert "certificate has expired" in error.findings[0].why
    assert "clock" in error.findings[0].do


def test_certificate_of_another_host_is_told_apart(authority: trustme.CA, bundle: Path) -> None:
    """What a firewall that opens TLS looks like."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("other.example").configure_cert(context)
    error = _failure_of(context, bundle)
    assert (error.cause, error.findings[0].code) == ("tls-host", "TE428")
    assert error.findings[0].message.endswith("showed the certificate of another host.")


def test_old_protocol(bundle: Path) -> None:
    """A server that knows nothing we accept."""
    error = _failure_of(old_context(), bundle)
    assert (error.cause, error.findings[0].code) == ("tls-protocol", "TE428")
