"""Versions in a spec: of Python, of the trio, of dependencies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from provisioner.spec._problems import UnfitError
from provisioner.spec._types import VersionWish

if TYPE_CHECKING:
    from collections.abc import Iterator

PYTHON_PATTERN: Final = r"3\.(?:0|[1-9][0-9]?)(?:\.(?:0|[1-9][0-9]?))?t?"
"""A minor version or an exact one; ``t`` marks a free-threaded build, as in wheel tags."""
_MINOR: Final = r"3\.(?:0|[1-9][0-9]?)"
_CLAUSE: Final = (
    rf"(?:(?:>=|<=|>|<|!=|~=) *{_MINOR}|(?:==|!=) *{_MINOR}\.\*|(?:>=|<=|>|<) *[34](?:\.0)?)"
)
PYTHON_RANGE_PATTERN: Final = rf"{_CLAUSE}(?: *, *{_CLAUSE}){{0,9}}"
"""A range of minor versions, as a PEP 440 specifier."""

_PYTHON_RULE: Final = (
    "A target has one Python: a minor version (`3.11`) or an exact one (`3.11.7`), with `t` "
    "appended for a free-threaded build (`3.13t`), or a range of minor versions that the plan "
    "chooses from (`>=3.10,<3.13`)."
)
_PYTHON_INSIDE: Final = re.compile(r"3\.[0-9]{1,2}(?:\.[0-9]{1,2})?(?![0-9])")
_PYTHON_TAG: Final = re.compile(r"(?:c?py?(?:thon)?)?3_?(?P<minor>[0-9]{1,2})(?P<free>t?)")

LATEST: Final = "latest"
_WISH_RULE: Final = (
    "A version wish is a release (`2.2.0`), a release line (`2.6` is the newest 2.6.x), a "
    "specifier (`>=2.4,<2.8`) or `latest`."
)
_SPECIFIER_RULE: Final = (
    "A dependency takes a PEP 440 specifier, such as `>=2.4,<3` or `==1.26.4`, or `*` for any "
    "version."
)
_LENGTH_LIMIT: Final = 500
"""Longest version wish or specifier that is read, in characters."""
_LINE_PARTS: Final = 2
"""A version of at most this many numbers names a release line: ``2.6`` is ``==2.6.*``."""


def check_python(text: str) -> str:
    """Return ``text`` if it names one Python, or a range of minor versions.

    Raises:
        UnfitError: It does not.
    """
    if re.fullmatch(PYTHON_PATTERN, text) or re.fullmatch(PYTHON_RANGE_PATTERN, text):
        return text
    if "pypy" in text.lower():
        raise UnfitError(
            "which is not a Python that torch exists for",
            why="PyTorch publishes wheels for CPython only.",
            do='Write the version of a CPython, for instance `python = "3.11"`.',
        )
    what = (
        "which names no minor version" if text.strip() == "3" else "which is not one Python version"
    )
    meant = _meant_python(text.strip())
    raise UnfitError(
        what,
        why=_PYTHON_RULE,
        do="" if meant else 'Name the minor version, for instance `python = "3.11"`.',
        instead=meant,
    )


def _meant_python(text: str) -> str | None:
    free = "t" if re.search(r"(?:free.?threaded|nogil|[0-9][ -]?t)$", text, re.IGNORECASE) else ""
    if re.fullmatch(PYTHON_RANGE_PATTERN, minors := re.sub(r"(3\.[0-9]+)\.[0-9]+", r"\1", text)):
        return minors
    if found := _PYTHON_INSIDE.search(text):
        candidate = found.group() + free
        return candidate if re.fullmatch(PYTHON_PATTERN, candidate) else None
    if found := _PYTHON_TAG.fullmatch(text.lower()):
        return f"3.{int(found['minor'])}{found['free']}"
    return None


def parse_wish(text: str) -> VersionWish:
    """Read what the spec says about the version of a trio member.

    Raises:
        UnfitError: It is neither a version, nor a specifier, nor ``latest``.
    """
    stripped = text.strip()
    if stripped == LATEST:
        return VersionWish(text=text, specifier=SpecifierSet())
    _refuse_length(stripped, _WISH_RULE)
    _refuse_local(stripped)
    specifier = _specifier_of_version(stripped)
    if specifier is None and stripped:
        specifier = _specifier(stripped)
    if specifier is None:
        raise _unfit_wish(stripped)
    return VersionWish(text=text, specifier=specifier)


def check_wish(text: str) -> str:
    """Return ``text`` if :func:`parse_wish` can read it.

    Raises:
        UnfitError: It cannot.
    """
    parse_wish(text)
    return text


def _specifier_of_version(text: str) -> SpecifierSet | None:
    try:
        version = Version(text)
    except InvalidVersion:
        return None
    is_plain = str(version) == ".".join(map(str, version.release))
    if is_plain and len(version.release) <= _LINE_PARTS:
        return SpecifierSet(f"=={version}.*")
    return SpecifierSet(f"=={version}")


def _refuse_length(text: str, rule: str) -> None:
    """Refuse what is too long to be meant; the parsers take quadratic time, or fail, on such texts.

    Raises:
        UnfitError: ``text`` is longer than ``_LENGTH_LIMIT``.
    """
    if len(text) > _LENGTH_LIMIT:
        raise UnfitError(
            f"which has {len(text)} characters", why=rule, do="Write it in its shortest form."
        )


def _refuse_local(text: str) -> None:
    """Refuse ``2.1.0+cu116``: the accelerator has a key of its own.

    Raises:
        UnfitError: ``text`` has a local part.
    """
    found = re.search(r"(?P<public>[0-9][^+\s,]*)\+(?P<local>[A-Za-z0-9._-]+)", text)
    if found is None:
        return
    local = found["local"].lower()
    raise UnfitError(
        f"which names a build with its local part `+{local}`",
        why="The accelerator of the spec decides which build is taken, for the whole trio.",
        do=f'Say `accelerator = "{local}"` under `[environment]`.' if _is_build(local) else "",
        instead=text.replace(f"+{found['local']}", ""),
    )


def _is_build(local: str) -> bool:
    return re.match(r"cpu|xpu|cu[0-9]{3}|rocm[0-9]", local) is not None


def _unfit_wish(text: str) -> UnfitError:
    if text.lower() in {"*", "any", "newest", "stable", LATEST}:
        return UnfitError("which is not a version wish", why=_WISH_RULE, instead=LATEST)
    if "nightly" in text.lower():
        return UnfitError(
            "which is not a version wish",
            why="Nightly builds are deleted after some weeks, so no lock could stay valid.",
            do='Wish for a release, for instance `"latest"`.',
        )
    repaired = _repaired(text)
    return UnfitError(
        "which is not a version wish",
        why=_WISH_RULE,
        do="" if repaired else 'Write for instance `"2.6"`.',
        instead=repaired,
    )


def parse_specifier(text: str) -> SpecifierSet:
    """Read the version of a dependency.

    Raises:
        UnfitError: It is neither a PEP 440 specifier nor ``*``.
    """
    stripped = text.strip()
    if stripped == "*":
        return SpecifierSet()
    _refuse_length(stripped, _SPECIFIER_RULE)
    specifier = _specifier(stripped) if stripped else None
    if specifier is None:
        raise _unfit_specifier(stripped)
    return specifier


def check_specifier(text: str) -> str:
    """Return ``text`` if :func:`parse_specifier` can read it.

    Raises:
        UnfitError: It cannot.
    """
    parse_specifier(text)
    return text


def _unfit_specifier(text: str) -> UnfitError:
    what = "which is not a version specifier"
    if text.lower() in {"", "any", LATEST}:
        return UnfitError(what, why=_SPECIFIER_RULE, instead="*")
    if "://" in text or "@" in text:
        return UnfitError(
            what,
            why="The text of a dependency is its version.",
            do='For a project in a folder or a repository write a table, `{ path = "…" }` or '
            '`{ git = "…" }`. Put a wheel into a folder that `find-links` under `[sources]` names, '
            "and write its version here.",
        )
    if ";" in text:
        return UnfitError(
            what,
            why="A spec is for one Python and one platform, so a marker has nothing to decide.",
            do="Leave the marker out.",
            instead=text.partition(";")[0].strip() or "*",
        )
    repaired = _repaired(text)
    return UnfitError(
        what,
        why=_SPECIFIER_RULE,
        do="" if repaired else 'Write for instance `"*"` or `">=1.0"`.',
        instead=repaired,
    )


def _specifier(text: str) -> SpecifierSet | None:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


def _repaired(text: str) -> str | None:
    """Return the likeliest specifier that ``text`` was meant to be, if any."""
    return next((one for one in _repairs(text) if one and _specifier(one) is not None), None)


def _repairs(text: str) -> Iterator[str]:
    """Yield what ``text`` may have been meant to be, likeliest first; not all of it is valid.

    The slips are those that people bring from other tools: a bare version, the name repeated in
    front (``numpy>=2``), one ``=``, ``^`` and ``~`` of other ecosystems, a space for a comma.
    """
    version = r"v?(?P<version>[0-9]+(?:\.[0-9]+)*)"
    if found := re.fullmatch(rf"{version}(?P<rest>\.[x*])?", text):
        parts = found["version"].split(".")
        is_line = found["rest"] or len(parts) <= _LINE_PARTS
        yield f"=={found['version']}{'.*' if is_line else ''}"
    if found := re.fullmatch(rf"\^\s*{version}", text):
        yield f">={found['version']},<{int(found['version'].split('.')[0]) + 1}"
    if found := re.fullmatch(rf"~\s*{version}", text):
        yield f"~={found['version']}"
    if found := re.fullmatch(rf"{version}\s*\+", text):
        yield f">={found['version']}"
    yield re.sub(r"^[A-Za-z][\w.-]*(?:\[[^\]]*\])?\s*(?=[<>=!~])", "", text)
    turned = text.replace("=>", ">=").replace("=<", "<=")
    yield re.sub(r"(?<![<>=!~])=(?!=)", "==", turned)
    yield re.sub(r"(?<=[0-9*])[\s&]+(?=[<>=!~])", ",", text)
    yield text.strip(",;").replace(";", ",")
