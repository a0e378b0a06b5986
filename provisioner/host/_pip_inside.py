"""What torchenv's own pip says when it is asked inside of this process, which is much quicker.

These are pip's internals. They are asked for answers that pip also gives in public, or that can be
done without; whatever is not as expected here gives None, and the caller does without it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from provisioner.host._pip_settings import PipSetting

if TYPE_CHECKING:
    from collections.abc import Iterator


def settings_inside() -> tuple[PipSetting, ...] | None:
    """Return the settings that hold in this process, in the order in which they apply, or None.

    pip reads its files itself, with the variables and the working folder of this process.
    None also stands for files that pip cannot read: ``python -m pip`` says why.
    """
    try:
        return settings_from(importlib.import_module("pip._internal.configuration"))
    except Exception:  # noqa: BLE001 - whatever another pip has there, it can be asked in public
        return None


def settings_from(internals: Any) -> tuple[PipSetting, ...]:  # noqa: ANN401 - pip has no types here
    """Return the settings that pip's module ``configuration`` reads, in the order of precedence.

    Raises:
        Exception: Anything, where the module is not like that of pip 23.2 to 26.3.
    """
    # Not isolated: that is an option of one command, and `pip install` is not given it.
    configuration = internals.Configuration(isolated=False)
    configuration.load()
    return tuple(
        _setting(str(kind), name, value)
        for kind in internals.OVERRIDE_ORDER
        for name, value in _values(configuration.get_values_in_config(kind))
    )


def _values(found: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield (name, value): recent pips (25.3; not yet 25.0) keep them by file."""
    for name, value in found.items():
        if isinstance(value, Mapping):
            yield from value.items()
        else:
            yield name, value


def _setting(kind: str, name: str, value: object) -> PipSetting:
    section, _, key = name.partition(".")
    if not key or not isinstance(value, str):
        raise TypeError(f"`{name}` is no setting as pip has them")
    return PipSetting(kind=kind, section=section, key=key, value=value)


def default_index() -> str | None:
    """Return the URL of the index that pip uses where none is configured, or None.

    Which index is the default is pip's decision, so it is taken from the pip that is installed and
    written nowhere in torchenv. pip shows it in its help only, wrapped to the terminal's width.
    """
    try:
        module = importlib.import_module("pip._internal.models.index")
        url = module.PyPI.simple_url
    except (ImportError, AttributeError):
        return None
    return url if isinstance(url, str) else None
