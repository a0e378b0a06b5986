"""Rules across the keys of a spec, and on the names in ``[dependencies]``.

They work on the raw tables, so that they find their problems even where other keys are wrong.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.utils import InvalidName, canonicalize_name

from provisioner.spec._accelerators import (
    PLATFORMS,
    check_accelerator,
    check_platform,
    contradiction,
    lacks,
)
from provisioner.spec._layout import KeyPath, dotted
from provisioner.spec._models import NEEDED, TARGET_PATTERN
from provisioner.spec._problems import (
    SHORT_FORM,
    Problem,
    UnfitError,
    assignment,
    shown,
    shown_path,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provisioner.spec._layout import Layout

_TRIO: Final = frozenset({"torch", "torchvision", "torchaudio"})

_THINGS: Final = {
    "driver": "NVIDIA driver",
    "gpus": "NVIDIA or AMD GPUs",
    "glibc": "glibc",
    "macos": "macOS",
}
_NAME_RULE: Final = (
    "A name has letters, digits, `-`, `_` and `.`, and starts and ends with a letter or digit "
    "(PEP 508)."
)
_EMPTY: Final = Problem(
    code="TE107",
    path=(),
    message="The spec is empty.",
    why="Every spec needs the tables `[environment]` and `[torch]`.",
    do=f"Write for instance:\n\n{SHORT_FORM}",
)


def check_rules(data: Mapping[str, object], layout: Layout) -> Iterator[Problem]:
    """Yield the problems that no single value shows.

    Args:
        data: The document as TOML gives it; its values may be of any type.
        layout: Where its keys stand.
    """
    if not data:
        yield _EMPTY
        return
    for place, own, merged in _targets(data):
        yield from _check_accelerator_on_platform(place, own, merged)
        yield from _check_machines(place, own, merged)
    yield from _check_target_names(_table(data, "targets"))
    yield from _check_trio_source(_table(data, "sources"))
    yield from _check_flat_mirror(_table(data, "sources"))
    yield from _check_names(_table(data, "dependencies"), layout)


def _table(data: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _targets(
    data: Mapping[str, object],
) -> Iterator[tuple[KeyPath, Mapping[str, object], Mapping[str, object]]]:
    """Yield the path of each target's table, what stands there, and that with what it inherits."""
    shared = _table(data, "environment")
    targets = _table(data, "targets")
    if not targets:
        yield ("environment",), shared, shared
    for name, own in targets.items():
        if isinstance(own, dict):
            yield ("targets", name), own, {**shared, **own}


def iter_absent(data: Mapping[str, object]) -> Iterator[KeyPath]:
    """Yield the paths of what every target needs and one does not have."""
    if not data.get("targets") and "environment" not in data:
        yield ("environment",)
        return
    if not isinstance(data.get("environment", {}), dict):
        return  # Said as what it is; nothing can be known to be missing.
    for place, _, merged in _targets(data):
        yield from ((*place, key) for key in NEEDED["environment"] if key not in merged)


def _check_target_names(targets: Mapping[str, object]) -> Iterator[Problem]:
    for name in targets:
        if re.fullmatch(TARGET_PATTERN, name):
            continue
        better = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-") or "cluster"
        yield Problem(
            code="TE105",
            path=("targets", name),
            message=f"`{shown_path(('targets', name))}` is not the name of a target.",
            why="The lock of a target is named after it, so the name has lower-case letters, "
            "digits, `-` and `_` only.",
            do=f"Write `[targets.{better}]`, for instance.",
        )


def _check_accelerator_on_platform(
    place: KeyPath, own: Mapping[str, object], merged: Mapping[str, object]
) -> Iterator[Problem]:
    accelerator, platform = merged.get("accelerator"), merged.get("platform")
    if not isinstance(accelerator, str) or not isinstance(platform, str):
        return
    try:
        why = contradiction(check_accelerator(accelerator), check_platform(platform))
    except UnfitError:
        return  # Said where the value itself is checked.
    if why is not None:
        here = (*place, "accelerator" if "accelerator" in own else "platform")
        keys = {key: shown_path(_place_of(place, own, key)) for key in ("accelerator", "platform")}
        yield Problem(
            code="TE106",
            path=here,
            message=f"`{keys['accelerator']}` is `{shown(accelerator)}`, and "
            f"`{keys['platform']}` is `{shown(platform)}`: they contradict each other.",
            why=why,
            do="Change one of them; `cpu` builds exist for every platform.",
        )


def _place_of(place: KeyPath, own: Mapping[str, object], key: str) -> KeyPath:
    """Return where a target has a key from."""
    return (*place, key) if key in own else ("environment", key)


def _check_machines(
    place: KeyPath, own: Mapping[str, object], merged: Mapping[str, object]
) -> Iterator[Problem]:
    """A target says nothing of what its platform does not have."""
    platform = merged.get("platform")
    if not isinstance(platform, str) or platform not in PLATFORMS:
        return
    for key in own:
        if lacks(platform, key):
            yield Problem(
                code="TE105",
                path=(*place, key),
                message=f"`{shown_path((*place, key))}` is said of a target on {platform}.",
                why=f"Machines of that platform have no {_THINGS[key]} that torch would use.",
                do="Remove it, or change the target's `platform`.",
            )


def _check_trio_source(sources: Mapping[str, object]) -> Iterator[Problem]:
    if sources.get("isolated") is True and sources.get("trio") == "default":
        yield Problem(
            code="TE105",
            path=("sources", "trio"),
            message='`sources.trio` is `"default"`, and `sources.isolated` is `true`: they '
            "contradict each other.",
            why="`isolated` takes everything from PyTorch's index, `trio` takes torch from the "
            "default index.",
            do="Remove one of them.",
        )


def _check_flat_mirror(sources: Mapping[str, object]) -> Iterator[Problem]:
    if sources.get("pytorch-layout") != "flat":
        return
    contradictions = {
        "isolated": (sources.get("isolated") is True, "A page of wheels has not everything else."),
        "record": (
            sources.get("record") == "public",
            "A page of wheels does not show where PyTorch's index has them.",
        ),
        "pytorch": (
            str(sources.get("pytorch")).lower().startswith("file:"),
            "Wheels in a folder of this machine are what `find-links` is for.",
        ),
    }
    for key, (contradicts, why) in contradictions.items():
        if contradicts:
            yield Problem(
                code="TE105",
                path=("sources", key),
                message=f'`sources.{key}` does not go with `sources.pytorch-layout = "flat"`.',
                why=why,
                do="Remove one of them.",
            )


def _check_names(dependencies: Mapping[str, object], layout: Layout) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, value in dependencies.items():
        path: KeyPath = ("dependencies", name)
        normalised = _normalised(name)
        if normalised is None:
            yield _not_a_name(path)
        elif normalised in _TRIO or normalised == "python":
            yield _misplaced(path, normalised, value)
        elif normalised in seen:
            first: KeyPath = ("dependencies", seen[normalised])
            yield _same_name(path, first, layout.line_near(first), normalised)
        else:
            seen[normalised] = name
        yield from _check_extras(path, value)
        yield from _check_origin(path, value)


def _normalised(name: str) -> str | None:
    """Return the normalised form of a name of a package or an extra, or None if it is none."""
    try:
        return canonicalize_name(name, validate=True)
    except InvalidName:
        return None


def _check_extras(path: KeyPath, value: object) -> Iterator[Problem]:
    extras = value.get("extras") if isinstance(value, dict) else None
    for index, extra in enumerate(extras if isinstance(extras, list) else ()):
        if isinstance(extra, str) and _normalised(extra) is None:
            yield _not_an_extra((*path, "extras", index), extra)


def _check_origin(path: KeyPath, value: object) -> Iterator[Problem]:
    """A dependency comes from one place, and says only what makes sense there."""
    said = value if isinstance(value, dict) else {}
    place = next((key for key in ("path", "git") if key in said), None)
    if "path" in said and "git" in said:
        yield _misfit(path, "git", "A dependency comes from one place, a folder or a repository.")
    for key, needed in _BELONGS.items():
        if key in said and said[key] is not False and needed not in said:
            yield _misfit(path, key, f"It belongs to `{needed}`, which is not there.")
    if place is not None and said.get("version", "*") != "*":
        yield _misfit(path, "version", f"The project that `{place}` names has the version it has.")


_BELONGS: Final = {"editable": "path", "rev": "git", "subdirectory": "git"}
"""Key of a dependency to the key that it goes with."""


def _misfit(path: KeyPath, key: str, why: str) -> Problem:
    return Problem(
        code="TE105",
        path=(*path, key),
        message=f"`{shown_path((*path, key))}` does not go with what else the dependency says.",
        why=why,
        do="Remove one of the two.",
    )


def _not_an_extra(path: KeyPath, extra: str) -> Problem:
    return Problem(
        code="TE105",
        path=path,
        message=f"`{shown_path(path)}` is `{shown(extra)}`, which is not the name of an extra.",
        why=_NAME_RULE,
        do='Write one name per entry: `extras = ["first", "second"]`.',
    )


def _not_a_name(path: KeyPath) -> Problem:
    return Problem(
        code="TE105",
        path=path,
        message=f"`{shown_path(path[1:])}` under `[dependencies]` is not the name of a package.",
        why=_NAME_RULE,
        do='Write the name alone; extras go into a table: `name = { version = "*", extras = '
        '["extra"] }`.',
    )


def _misplaced(path: KeyPath, name: str, value: object) -> Problem:
    table = "torch" if name in _TRIO else "environment"
    example = value if isinstance(value, str) and value != "*" else None
    return Problem(
        code="TE105",
        path=path,
        message=f"`{shown_path(path)}` is not a dependency.",
        why=f"`{name}` has its place under `[{table}]`, where the plan decides on it.",
        do=f"Move it: `{assignment((name,), example)}` under `[{table}]`."
        if example is not None
        else f"Move it to `[{table}]`.",
    )


def _same_name(path: KeyPath, first: KeyPath, line: int | None, name: str) -> Problem:
    return Problem(
        code="TE105",
        path=path,
        message=f"`{shown_path(path)}` and `{dotted(first)}` (line {line}) are the same package.",
        why=f"Names are compared in their normalised form, here `{name}`.",
        do="Keep one of them, with all that is wanted of the package.",
    )
