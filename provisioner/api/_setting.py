"""What locking and fetching need of this machine."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provisioner.host import PipConfig
    from provisioner.network import Network
    from provisioner.spec import Spec
    from provisioner.store import Store


PAGES: Final = "pages"
"""Folder of the store in which pages of indexes are kept, for a time without a network."""


class Setting:
    """What locking and fetching need of this machine, read when it is first needed.

    Asking pip takes a third of a second, which an apply with nothing to do need not pay.
    """

    def __init__(self, spec: Spec, *, offline: bool = False, bundle: Path | None = None) -> None:
        """Read nothing yet.

        Args:
            spec: What is wanted.
            offline: Nothing may be fetched later either.
            bundle: A bundle that wheels are taken from; then nothing may be fetched either.
        """
        self._spec = spec
        self.offline = offline or bundle is not None
        self.bundle = bundle
        self.environ: Mapping[str, str] = _with_store(os.environ, spec)
        """The caller's variables; ``TORCHENV_STORE`` is set where the spec names a store."""

    @cached_property
    def pip(self) -> PipConfig:
        """What pip is configured with; raises WorldError (``TE410``) where it cannot be read."""
        from provisioner.host import probe_pip_config

        return probe_pip_config(self.environ)

    @cached_property
    def connections(self) -> Network:
        """The settings of every connection, as they are configured."""
        from provisioner.lockfile import network_settings

        return network_settings(self._spec.sources, self.pip, self.environ)

    @cached_property
    def network(self) -> Network:
        """The same to connect with: servers that want credentials get those of the keyring.

        Raises:
            WorldError: ``TE530``, the keyring cannot be asked.
        """
        from provisioner.lockfile import public_indexes
        from provisioner.network import signed_in

        network = replace(self.connections, pages=self.store.root / PAGES, offline=self.offline)
        return network if self.offline else signed_in(network, public_indexes(self.pip))

    @cached_property
    def store(self) -> Store:
        """The store of verified wheels."""
        from provisioner.paths import further_stores, pip_cache, store_root
        from provisioner.store import Store

        named = (Path(one) for one in self._spec.sources.stores or ())
        return Store(
            store_root(self.environ),
            stores=(*further_stores(self.environ), *named),
            pip_cache=lambda: pip_cache(self.pip.cache_dir),
            offline=self.offline,
        )

    def iter_local_folders(self) -> Iterator[Path]:
        """Yield the folders of this machine that may hold wheels."""
        from provisioner.lockfile import local_folders

        yield from local_folders(self._spec, self.pip)


def store_root_of(spec: Spec | None) -> Path:
    """Return the folder of a spec's store; that of the user where there is no spec."""
    from provisioner.paths import store_root

    return store_root(os.environ if spec is None else _with_store(os.environ, spec))


def _with_store(environ: Mapping[str, str], spec: Spec) -> dict[str, str]:
    """Return variables that name the spec's store, unless they name another one.

    So whoever asks these variables (``paths.store_root``) has the one store, with its wheels and
    everything beside them.
    """
    named = spec.sources.store
    if named is None or environ.get("TORCHENV_STORE"):
        return dict(environ)
    return {**environ, "TORCHENV_STORE": named}
