"""The process that works ahead (``_ahead``): reads an order, then a line for each wheel."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner.environment._install import Installation, install
from provisioner.environment._layout import Generation
from provisioner.environment._space import check_space, environment_demand, unpacked_need
from provisioner.environment._unpacked import engine_cache
from provisioner.environment._virtualenv import VenvSource, create_virtualenv
from provisioner.events import Reporter
from provisioner.findings import TorchenvError
from provisioner.host import Interpreter
from provisioner.lockfile import LockedPackage, LockedWheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_READ_BYTES: Final = 1 << 16


class _Speaker(Reporter):
    def detail(self, text: str) -> None:
        """Pass on what the engine says."""
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - to the process that listens


def main() -> None:
    """Make a virtual environment, and install large wheels into it as they are named."""
    try:
        groups = _groups(sys.stdin.fileno())
        order, *lines = next(groups)
        _work(json.loads(order), chain([lines], groups))
    except (TorchenvError, OSError) as exc:
        # The ordinary installation meets the same, and says it in full.
        sys.exit(f"nothing more is unpacked ahead: {exc}")
    except KeyboardInterrupt:
        sys.exit(1)  # whoever started this heard it too


def _groups(handle: int) -> Iterator[list[str]]:
    """Yield lines: all that are there, as soon as there are any."""
    rest = b""
    while block := os.read(handle, _READ_BYTES):
        *lines, rest = (rest + block).split(b"\n")
        yield [line.decode() for line in lines]


def _work(order: Mapping[str, Any], groups: Iterable[list[str]]) -> None:
    environ = dict(os.environ)
    generation = Generation(number=order["number"], folder=Path(order["folder"]))
    generation.building.mkdir(parents=True)
    interpreter = {**order["interpreter"], "path": Path(order["interpreter"]["path"])}
    source = VenvSource(
        interpreter=Interpreter(**interpreter),
        link=Path(order["link"]),
        app_data=Path(order["app_data"]),
        environ=environ,
    )
    create_virtualenv(generation.folder, source)
    cache = engine_cache(environ, generation)
    here = Installation(
        packages=(), wheels={}, generation=generation, cache=cache.folder, mode=cache.mode
    )
    for lines in groups:
        arrived = [_understood(json.loads(line)) for line in lines]
        here = replace(
            here,
            packages=(*here.packages, *(package for package, _ in arrived)),
            wheels={**here.wheels, **{one.wheel.sha256: path for one, path in arrived}},
        )
        large = [path for one, path in arrived if one.wheel.size >= order["large_bytes"]]
        if large:
            check_space(environment_demand(generation.folder, unpacked_need(large)))
            install(here, environ, _Speaker())


def _understood(line: Mapping[str, Any]) -> tuple[LockedPackage, Path]:
    """Return a package that may be installed, and its wheel."""
    wheels = tuple(LockedWheel(**wheel) for wheel in line["wheels"])
    package = LockedPackage(
        name=line["name"], version=line["version"], wheels=wheels, index=line["index"]
    )
    return package, Path(line["path"])
