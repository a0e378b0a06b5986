"""The templates of a spec: whom this user trusts, and fetching those of the network.

What was fetched is kept in the store's folder by its hash, so that it is fetched once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, SpecError, Where
from provisioner.paths import config_root, display, store_root, write_atomic
from provisioner.spec import TemplateAccess

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE: Final = "TORCHENV_TRUSTED_TEMPLATES"
"""Names folders whose files may be templates, separated as in ``PATH``."""
KEY: Final = "trusted-templates"
"""The same as a list in torchenv's own configuration file."""
_ACCEPT: Final = "application/toml, text/plain, */*;q=0.5"


def template_access(environ: Mapping[str, str]) -> TemplateAccess:
    """Return what this user lets a spec extend.

    What it returns raises a ``SpecError`` (``TE116``) where the user's configuration file cannot be
    understood, and the spec extends something.
    """

    def fetch(url: str, sha256: str) -> bytes:
        return _fetch(url, sha256, environ)

    def trusted() -> tuple[Path, ...]:
        return trusted_folders(environ)

    return TemplateAccess(trusted=trusted, fetch=fetch)


def trusted_folders(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folders that the variable and the configuration file of this user name.

    Raises:
        SpecError: ``TE116``.
    """
    named = [one for one in environ.get(VARIABLE, "").split(os.pathsep) if one]
    given = [Path(one).expanduser() for one in (*named, *_configured(environ))]
    return tuple(path for path in given if path.is_absolute())


def _configured(environ: Mapping[str, str]) -> list[str]:
    from provisioner import toml

    file = config_root(environ) / "config.toml"
    try:
        folders = toml.loads(file.read_text(encoding="utf-8")).get(KEY, [])
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError) as exc:
        raise SpecError(_unusable(file, f"{exc}")) from None
    if not isinstance(folders, list) or not all(isinstance(one, str) for one in folders):
        raise SpecError(_unusable(file, f"`{KEY}` is no list of folders"))
    return folders


def _fetch(url: str, sha256: str, environ: Mapping[str, str]) -> bytes:
    """Return the bytes of a template from the store, else from the network.

    The spec's own ``[sources]`` are not known yet, so that connections are made as pip is
    configured.
    """
    kept = store_root(environ) / "templates" / f"{sha256}.toml"
    try:
        content = kept.read_bytes()
    except OSError:
        content = b""
    import hashlib

    if hashlib.sha256(content).hexdigest() == sha256:
        return content
    from provisioner.host import probe_pip_config
    from provisioner.lockfile import network_settings
    from provisioner.network import Client
    from provisioner.spec import Sources

    settings = network_settings(Sources(), probe_pip_config(environ), environ)
    with Client(settings) as client:
        content = client.get(url, accept=_ACCEPT).body
    if hashlib.sha256(content).hexdigest() == sha256:
        _keep(kept, content)
    return content


def _keep(file: Path, content: bytes) -> None:
    """Write a template into the store; where that fails, it is fetched again next time."""
    import contextlib

    with contextlib.suppress(OSError):
        write_atomic(file, content)


def _unusable(file: Path, reason: str) -> Finding:
    return Finding(
        code="TE116",
        message=f"torchenv's own configuration `{display(file)}` cannot be used.",
        why=f"It says whose templates are trusted, and cannot be understood: {reason}.",
        do=f'Correct it; a whole file is for instance `{KEY} = ["/srv/team"]`.',
        where=Where(file=display(file)),
    )
