"""Reading what ``pip config debug`` prints.

``pip config list`` would be the obvious question, but recent pips (26.3; not yet 24.2) print every
file's settings there, sorted by file *name*: of two files that set the same key nobody can tell
which one wins. ``pip config debug`` says for each setting which kind of file it comes from, and the
order of the kinds is documented
(https://pip.pypa.io/en/stable/topics/configuration/#precedence-override-order).
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field, replace
from typing import Final

_KINDS: Final = ("global", "user", "site", "env", "env_var")
"""Kinds of configuration as pip calls them, each overriding those before it."""

_KIND_LINE: Final = re.compile(r"([a-z_-]+):")
_FILE_LINE: Final = re.compile(r"  \S.*, exists: (?:True|False)")
_VARIABLE_LINE: Final = re.compile(r"  PIP_([^=]+)=(.*)")
_SETTING_LINE: Final = re.compile(r"    ([\w:-]+)\.([^:]+):(?: (.*))?")
_MORE_LINE: Final = re.compile(r"(?:    (.*)|\s*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PipSetting:
    """One setting as ``pip config debug`` shows it."""

    kind: str
    section: str
    """``global``, ``install``, ..., or ``:env:`` for a variable."""
    key: str
    """Normalised: lower case, ``-`` for ``_``."""
    value: str = field(repr=False)


def parse_pip_settings(output: str) -> tuple[PipSetting, ...]:
    r"""Read what ``pip config debug`` prints; pure. Settings come in the order in which they apply.

    Sample::

        env_var:
          PIP_NO_INDEX='1'
        env:
        global:
          /etc/pip.conf, exists: True
            global.find-links: /srv/wheels
            https://registry.example/links
        site:
        user:

    A value of several lines goes on at the indentation of its key.

    Raises:
        ValueError: The text is not such an output.
    """
    kind = ""
    found: list[PipSetting] = []
    for line in output.splitlines():
        if heading := _KIND_LINE.fullmatch(line):
            kind = heading[1]
        elif not kind or _FILE_LINE.fullmatch(line):
            continue  # what an interpreter's start-up code prints comes before the first heading
        elif setting := _parse_setting(kind, line):
            found.append(setting)
        elif (more := _MORE_LINE.fullmatch(line)) and found:
            found[-1] = replace(found[-1], value=f"{found[-1].value}\n{more[1] or ''}")
        else:
            raise ValueError(f"`pip config debug` printed a line that is not understood: `{line}`")
    if not kind:
        raise ValueError("`pip config debug` printed nothing that is understood")
    unknown = {setting.kind for setting in found} - set(_KINDS)
    if unknown:
        raise ValueError(
            f"this pip has a kind of configuration that is not known: {sorted(unknown)}"
        )
    return tuple(sorted(found, key=lambda setting: _KINDS.index(setting.kind)))


def _parse_setting(kind: str, line: str) -> PipSetting | None:
    if kind == "env_var":
        variable = _VARIABLE_LINE.fullmatch(line)
        if variable is None:
            return None
        value = _literal(variable[2])
        return PipSetting(kind=kind, section=":env:", key=_normalise(variable[1]), value=value)
    setting = _SETTING_LINE.fullmatch(line)
    if setting is None:
        return None
    key = _normalise(setting[2])
    return PipSetting(kind=kind, section=setting[1], key=key, value=setting[3] or "")


def _normalise(key: str) -> str:
    return key.lower().replace("_", "-").removeprefix("--")


def _literal(text: str) -> str:
    """Return the text whose Python ``repr`` pip printed."""
    try:
        return str(ast.literal_eval(text))
    except SyntaxError:
        raise ValueError(
            f"`pip config debug` printed a value that is not understood: {text}"
        ) from None
