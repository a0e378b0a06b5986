"""Values of the wrong type or outside a fixed choice, and what to write instead of each."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 used where no annotation is
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from provisioner.spec._accelerators import check_accelerator
from provisioner.spec._machines import check_driver, check_glibc, check_gpu, check_macos
from provisioner.spec._models import SpecModel, choices_at, example_at, keys_of, model_at
from provisioner.spec._problems import (
    Number,
    Problem,
    UnfitError,
    assignment,
    described,
    from_unfit,
    number_text,
    one_of,
    shown,
    shown_path,
)
from provisioner.spec._versions import check_python, check_specifier, check_wish

if TYPE_CHECKING:
    from provisioner.spec._layout import KeyPath

_KINDS: Final = {
    "string_type": "text",
    "bool_type": "`true` or `false`",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
}
"""What a key takes, by the type of pydantic's error."""

_CHECKS: Final[dict[str, Callable[[str], object]]] = {
    "python": check_python,
    "accelerator": check_accelerator,
    "driver": check_driver,
    "glibc": check_glibc,
    "macos": check_macos,
}
"""The checks of what a target says in a text."""


def no_choice(path: KeyPath, value: str) -> Problem:
    """Return the problem of a text that is none of those that its key takes."""
    choices = choices_at(path)
    near = get_close_matches(value[:40].lower(), choices, n=1)
    return Problem(
        code="TE105",
        path=path,
        message=f"`{shown_path(path)}` is `{shown(value)}`, which is not one of its values.",
        why=f"It is {one_of(choices)}.",
        do=f"Write `{assignment(path, near[0])}`."
        if near
        else f"Write for instance `{assignment(path, choices[0])}`.",
    )


def wrong_type(path: KeyPath, value: object, kinds: tuple[str, ...]) -> Problem:
    """Return the problem of a value of the wrong type.

    Args:
        path: Its key.
        value: The value, as TOML gives it.
        kinds: Types of the errors that pydantic reports for it, one for each type it could have.
    """
    wanted = _wanted(path, kinds)
    return Problem(
        code="TE104",
        path=path,
        message=f"`{shown_path(path)}` is {described(value)}.",
        why=_reason(path, value, wanted) or f"It takes {' or '.join(wanted)}.",
        do=_remedy(path, value, wanted),
    )


def _wanted(path: KeyPath, kinds: tuple[str, ...]) -> tuple[str, ...]:
    match path:
        case ("torch", "torchvision" | "torchaudio"):
            return ("text", "`false`")
        case ("dependencies", str()):
            return ("text", "a table")
        case _:
            return tuple(dict.fromkeys(_KINDS.get(kind, "text") for kind in kinds))


def _reason(path: KeyPath, value: object, wanted: tuple[str, ...]) -> str | None:
    """Explain more than the type where there is more: what TOML makes of a bare version."""
    if path == ("torch", "torch") and value is False:
        return "It takes text: torch itself cannot be left out."
    if isinstance(value, Number) and "text" in wanted and value.text != repr(float(value)):
        return f"Without quotes TOML reads `{value.text}` as the number {float(value)!r}."
    return None


def _remedy(path: KeyPath, value: object, wanted: tuple[str, ...]) -> str:
    for remedy in (_leave_out, _quote, _unquote, _unwrap, _wrap, _open_table):
        if (text := remedy(path, value, wanted)) is not None:
            return text
    example = example_at(path)
    if example is None:
        return f"Write {wanted[0]} instead."
    return f"Write for instance `{assignment(path, example)}`."


def _leave_out(path: KeyPath, value: object, _wanted: tuple[str, ...]) -> str | None:
    """Zero for ``false``."""
    is_companion = path in {("torch", "torchvision"), ("torch", "torchaudio")}
    return f"Write `{assignment(path, False)}`." if is_companion and value == 0 else None  # noqa: FBT003 the value of the key


def _quote(path: KeyPath, value: object, wanted: tuple[str, ...]) -> str | None:
    """Number for text: quote it, unless the text would be refused in turn."""
    if "text" not in wanted or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    text = number_text(value)
    try:
        _check_of(path)(text)
    except UnfitError as unfit:
        return from_unfit(path, text, unfit).do
    subject = "it" if _check_of(path) is str else "the version"
    return f"Quote {subject}: `{assignment(path, text)}`."


def _check_of(path: KeyPath) -> Callable[[str], object]:
    """Return the check of the text that a key takes."""
    match path:
        case ("environment", str(key)) | ("targets", _, str(key)) if key in _CHECKS:
            return _CHECKS[key]
        case ("environment", "gpus", _) | ("targets", _, "gpus", _):
            return check_gpu
        case ("torch", _):
            return check_wish
        case ("dependencies", _) | ("dependencies", _, "version"):
            return check_specifier
        case _:
            return str


def _unquote(path: KeyPath, value: object, wanted: tuple[str, ...]) -> str | None:
    """Text for a number or a truth value: without quotes."""
    if not isinstance(value, str):
        return None
    text = value.strip().lower()
    if wanted == ("`true` or `false`",):
        meant = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
        return (
            f"Write `{assignment(path, meant[text])}`, without quotes." if text in meant else None
        )
    if wanted == ("a number",) and text.replace(".", "", 1).isdecimal():
        return f"Write `{shown_path(path[-1:])} = {text}`, without quotes."
    return None


def _unwrap(path: KeyPath, value: object, wanted: tuple[str, ...]) -> str | None:
    """List for text: a single entry stands alone; specifiers are joined by commas."""
    if "text" not in wanted or not isinstance(value, list) or not value:
        return None
    if not all(isinstance(item, str) for item in value):
        return None
    text = ",".join(value)
    try:
        _check_of(path)(text)
    except UnfitError:
        return None
    joinable = len(value) == 1 or path[0] in {"dependencies", "torch"}
    return f"Write `{assignment(path, text)}`." if joinable else None


def _wrap(path: KeyPath, value: object, wanted: tuple[str, ...]) -> str | None:
    """Text for a list: in brackets."""
    if wanted == ("a list",) and isinstance(value, str):
        return f"Put it into brackets: `{assignment(path, [value])}`."
    return None


def _open_table(path: KeyPath, value: object, wanted: tuple[str, ...]) -> str | None:
    """Value for a whole table, such as ``torch = "2.6"`` at the top of the file."""
    if wanted != ("a table",) or len(path) != 1:
        return None
    table = str(path[0])
    if isinstance(value, str) and table in keys_of(model_at(path) or SpecModel):
        return f"Write `[{table}]` and below it `{assignment(path, value)}`."
    return f"Write `[{table}]` and its keys below it."
