"""Hypothesis strategies: TOML documents with known places, specs, and mutations of texts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hypothesis import settings
from hypothesis import strategies as st

from tests.spec.cases_io import BAD, GOOD

if TYPE_CHECKING:
    from provisioner.spec._layout import KeyPath

LAW: Final = settings(deadline=None)
"""For every law: no time limit per example, since a loaded machine breaks it for no reason."""

KEYS: Final = st.text(alphabet="abxyz-_", min_size=1, max_size=3)
ODD_KEYS: Final = st.sampled_from(["a b", "a.b", "", "é", 'quo"te', "new\nline", "#", "[x]", "="])


# -- documents that say where their keys stand


@dataclass
class Document:
    """A TOML text under construction, and the line of each key as it was written."""

    text: str = ""
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def write(self, text: str) -> None:
        """Append text."""
        self.text += text

    def mark(self, path: KeyPath) -> None:
        """Note that ``path`` is written next."""
        self.lines.setdefault(path, self.text.count("\n") + 1)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Draw a valid TOML document in any style, with the place of every key and item."""
    document = Document()
    _keys(draw, document, ())
    names = draw(st.lists(KEYS | ODD_KEYS, unique=True, max_size=3))
    for name in names:
        if (name,) not in document.lines:
            document.write(draw(st.sampled_from(["", "\n", "# [comment]\n"])))
            document.mark((name,))
            document.write(f"[ {_key(draw, name)} ] # header\n")
            _keys(draw, document, (name,))
    return document


def _keys(draw: st.DrawFn, document: Document, base: KeyPath) -> None:
    for name in draw(st.lists(KEYS | ODD_KEYS, unique=True, max_size=4)):
        document.write(draw(st.sampled_from(["", "  ", "\n\n", "\t# x = 1\n"])))
        path = (*base, name)
        document.mark(path)
        document.write(_key(draw, name))
        for part in draw(st.lists(KEYS, max_size=2)):
            path = (*path, part)
            document.mark(path)
            document.write(f" . {_key(draw, part)}")
        document.write(draw(st.sampled_from(["=", " = ", "\t="])))
        _value(draw, document, path, depth=0)
        document.write(draw(st.sampled_from(["\n", " # } ]\n", "\r\n"])))


def _key(draw: st.DrawFn, name: str) -> str:
    styles = [json.dumps(name)]
    if name and all(letter in "abxyz-_" for letter in name):
        styles += [name, f"'{name}'"]
    return draw(st.sampled_from(styles))


SCALARS: Final = st.sampled_from(
    (
        *["1", "-3.10", "true", "inf", "0x1F", "1979-05-27T07:32:00Z", "'[b]'", "'#'", "''", '""'],
        "1979-05-27 07:32:00",
        '"a = 1"',
        r'"\\"',
        r'"\"]"',
        '"""\n[c]\n"""',
        r'"""x"y""z\""""',
        '"""a"""""',
        "'''\nd = 1\n'''",
        "''''b'''",
    )
)


def _value(draw: st.DrawFn, document: Document, path: KeyPath, depth: int) -> None:
    kind = draw(st.sampled_from(["scalar", "scalar", "list", "table"])) if depth < 3 else "scalar"
    if kind == "scalar":
        document.write(draw(SCALARS))
    elif kind == "list":
        _list(draw, document, path, depth)
    else:
        _table(draw, document, path, depth)


def _list(draw: st.DrawFn, document: Document, path: KeyPath, depth: int) -> None:
    document.write("[")
    for index in range(draw(st.integers(0, 3))):
        document.write(draw(st.sampled_from(["", " ", "\n  ", " # ],\n"])))
        document.mark((*path, index))
        _value(draw, document, (*path, index), depth + 1)
        document.write(draw(st.sampled_from([",", " ,", "\n,"])))
    document.write("]")


def _table(draw: st.DrawFn, document: Document, path: KeyPath, depth: int) -> None:
    document.write("{")
    for number, name in enumerate(draw(st.lists(KEYS | ODD_KEYS, unique=True, max_size=3))):
        document.write(", " if number else " ")
        document.mark((*path, name))
        document.write(f"{_key(draw, name)} = ")
        _value(draw, document, (*path, name), depth + 1)
    document.write("}")


# -- mutations of the cases

TEXTS: Final = tuple(path.read_text(encoding="utf-8") for path in (*GOOD, *BAD))
_SIGNS: Final = (
    *"\"'[]{}=.,#\n\r\0\\",
    *('"""', "'''", "[[", "\N{ZERO WIDTH NO-BREAK SPACE}", "\ud7ff"),
)
_VALUES: Final = """true [] {} 1e999 -0 nan 2024-01-01 3.10 "cuda11.8" "2.1.0+cu116" ">=2" "~" """
_WORDS: Final = "environment torch dependencies sources targets python gpus version extras"
PIECES: Final = st.one_of(
    st.sampled_from(_SIGNS),
    st.sampled_from(_VALUES.split()),
    st.sampled_from(_WORDS.split()),
    st.sampled_from(("9" * 5000, "a" * 700)),
    st.text(max_size=3),
)


@st.composite
def mutated_texts(draw: st.DrawFn) -> str:
    """Draw a text of a case with a few pieces replaced, removed, inserted or swapped."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        text = text[:start] + draw(PIECES) + text[end:]
    return text


VALUES: Final = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-5, 400),
        st.floats(),
        st.text(max_size=8),
        st.dates(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


# -- valid specs as data

_MINOR: Final = st.integers(0, 20)
PYTHONS: Final = st.one_of(
    st.builds("3.{}{}".format, _MINOR, st.sampled_from(["", "t", ".1", ".12t"])),
    st.builds(
        "{}3.{}{}".format,
        st.sampled_from([">=", "~=", "!="]),
        _MINOR,
        st.sampled_from(["", ",<4", ", < 3.40"]),
    ),
)
ACCELERATORS: Final = st.sampled_from(["cpu", "cu118", "cu130", "rocm6.4", "rocm6.2.4", "xpu"])
VERSIONS: Final = st.builds("{}.{}.{}".format, _MINOR, _MINOR, _MINOR)
SPECIFIERS: Final = st.lists(
    st.builds("{}{}".format, st.sampled_from([">=", "<", "!=", "==", "~="]), VERSIONS),
    min_size=1,
    max_size=3,
).map(",".join)
WISHES: Final = VERSIONS | SPECIFIERS | st.sampled_from(["latest", "2", "2.6"])
PLACES: Final = st.sampled_from(["wheels", "../wheels", "/srv/wheels", "https://files.example/w"])
INDEXES: Final = st.sampled_from(
    ["https://a.example/simple", "https://user:pw@b.example/simple/", "file:///srv/index"]
)


def _optional(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(required, optional=optional)


DEPENDENCY: Final = SPECIFIERS | st.just("*") | _optional(
    {}, {"version": SPECIFIERS, "extras": st.lists(st.sampled_from(["a", "B_b", "c"]), max_size=3)}
)  # fmt: skip

_MACHINES: Final[dict[str, Any]] = {
    "platform": st.just("linux-x86_64"),
    "driver": st.sampled_from(["470", "535.129.03"]),
    "gpus": st.lists(st.sampled_from(["sm_70", "gfx90a", "RTX 4090"]), max_size=3),
    "glibc": st.sampled_from(["2.17", "2.28"]),
    "macos": st.just("13.0"),
}
_NO_MACOS: Final = {key: value for key, value in _MACHINES.items() if key != "macos"}
TARGET: Final = _optional({}, {"python": PYTHONS, "accelerator": ACCELERATORS, **_NO_MACOS})

SPECS: Final = _optional(
    {
        "environment": _optional(
            {"python": PYTHONS, "accelerator": ACCELERATORS},
            {**_NO_MACOS, "path": PLACES, "seed": st.booleans()},
        ),
        "torch": _optional(
            {"torch": WISHES},
            {"torchvision": WISHES | st.just(value=False), "torchaudio": st.just(value=False)},
        ),
    },
    {
        "dependencies": st.dictionaries(
            st.sampled_from(["numpy", "Lightning", "zope.event", "a_b"]), DEPENDENCY
        ),
        "sources": _optional(
            {},
            {
                "pytorch": INDEXES,
                "trio": st.sampled_from(["auto", "pytorch"]),
                "isolated": st.booleans(),
                "index": INDEXES,
                "extra-indexes": st.lists(INDEXES, max_size=2),
                "find-links": st.lists(PLACES, max_size=3),
                "constraints": st.lists(PLACES, max_size=2),
                "no-index": st.booleans(),
                "exclude-newer": st.sampled_from(["2026-03-31", "7 days"]),
                "timeout": st.integers(1, 100) | st.floats(0.5, 100),
                "connections": st.integers(1, 32),
                "trusted-hosts": st.lists(st.just("a.example:80"), max_size=1),
            },
        ),
        "targets": st.dictionaries(st.sampled_from(["a", "b-1", "c_2"]), TARGET, max_size=2),
    },
)
"""Valid specs as nested dictionaries, the way TOML gives them."""
