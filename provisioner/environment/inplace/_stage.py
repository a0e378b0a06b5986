"""Preparing new files beside an environment: the engine installs into an empty prefix."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.engine import Engine
from provisioner.environment._install import Installation, install_error, throwaway_lock
from provisioner.environment._layout import Generation
from provisioner.process import ProcessFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from provisioner.environment.inplace._site import Site
    from provisioner.events import Reporter
    from provisioner.lockfile import Lock

_FLAGS: Final = (
    "--offline",
    "--no-index",
    "--no-build",
    "--no-deps",
    "--break-system-packages",  # of the site, which was asked before
    "--preview-features",
    "pylock",
    "--link-mode",
    "hardlink",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be prepared, and where."""

    lock: Lock
    """With the packages that are wanted, and no others."""
    wheels: Mapping[str, Path]
    """Verified files of the store by sha256."""
    site: Site
    stage: Path
    """The folder, which does not exist yet."""
    scratch: Path
    """A folder for what is needed meanwhile, which does not exist either; removed at the end."""


def prepare(order: Order, environ: Mapping[str, str], reporter: Reporter) -> None:
    """Install packages into an empty folder, for a site's interpreter.

    Scripts name that interpreter, so that they are right where they go.

    Raises:
        VerificationError: A wheel does not match its hash (``TE501``).
        WorldError: The disk is full (``TE503``), or the engine failed otherwise (``TE604``).
        OSError: The folder cannot be written.
    """
    order.stage.mkdir()
    order.scratch.mkdir()
    installation = Installation(
        packages=order.lock.packages,
        wheels=order.wheels,
        generation=Generation(number=0, folder=order.stage),
        cache=order.scratch / "unpacked",
        mode="copy",
    )
    throwaway = order.scratch / "pylock.toml"
    throwaway.write_text(throwaway_lock(installation), encoding="utf-8")
    engine = Engine(cache=installation.cache, environ=environ)
    where: list[str | Path] = ["--python", order.site.python, "--prefix", order.stage]
    try:
        engine.run(["pip", "install", "-r", throwaway, *where, *_FLAGS], on_stderr=reporter.detail)
    except ProcessFailedError as exc:
        raise install_error(installation, exc) from exc
    finally:
        shutil.rmtree(order.scratch, ignore_errors=True)
        (order.stage / ".lock").unlink(missing_ok=True)


def iter_placed(stage: Path, site: Site) -> Iterator[tuple[str, str]]:
    """Yield (prepared file, where it goes) for every file in ``stage``."""
    for folder, _, names in os.walk(stage):
        for name in names:
            prepared = f"{folder}/{name}"
            yield prepared, _place_of(os.path.relpath(prepared, stage), site)


def _place_of(path: str, site: Site) -> str:
    """Return where a file of an installation goes: packages and scripts may lie elsewhere.

    Debian's Python installs below ``local``, and some systems have ``lib64`` beside ``lib``.
    """
    first, *rest = path.split("/")
    if first == "bin":
        return f"{site.scripts}/{'/'.join(rest)}"
    if first in {"lib", "lib64"} and len(rest) > 2 and rest[1] == "site-packages":  # noqa: PLR2004
        place = site.platlib if first == "lib64" else site.purelib
        return f"{place}/{'/'.join(rest[2:])}"
    return f"{site.prefix}/{path}"
