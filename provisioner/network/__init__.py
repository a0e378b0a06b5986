"""Talking to package servers: pages of indexes, files, and a finding for whatever goes wrong."""

from provisioner.network._client import INDEX_ACCEPT, Client
from provisioner.network._failures import Cause, NetworkError
from provisioner.network._keyring import signed_in
from provisioner.network._pages import IndexFile, parse_index_page
from provisioner.network._proxies import proxy_for, proxy_url
from provisioner.network._settings import Keyring, Network, is_loopback
from provisioner.network._shelf import prune_pages
from provisioner.network._stop import StoppedError, StopSignal
from provisioner.network._types import Download, Page

__all__ = [
    "INDEX_ACCEPT",
    "Cause",
    "Client",
    "Download",
    "IndexFile",
    "Keyring",
    "Network",
    "NetworkError",
    "Page",
    "StopSignal",
    "StoppedError",
    "is_loopback",
    "parse_index_page",
    "proxy_for",
    "proxy_url",
    "prune_pages",
    "signed_in",
]
