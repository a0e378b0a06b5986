"""The scan for lines: right on every style of TOML, linear and quiet on everything else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from provisioner.spec._layout import DEPTH_LIMIT, Repeat, dotted, scan
from tests.spec.cases_io import GOOD
from tests.spec.strategies import LAW, Document, documents, mutated_texts

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provisioner.spec._layout import KeyPath


def _paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:  # noqa: ANN401 any TOML value
    """Yield the path of every key and item below a value."""
    children: Any = ()
    match value:
        case dict():
            children = value.items()
        case list():
            children = enumerate(value)
    for part, child in children:
        yield (*path, part)
        yield from _paths(child, (*path, part))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("a = 1\nb = 2", {"a": 1, "b": 2}, id="plain"),
        pytest.param("[t]\n\na = 1", {"t": 1, "t.a": 3}, id="table"),
        pytest.param("a.b.c = 1", {"a": 1, "a.b": 1, "a.b.c": 1}, id="dotted key"),
        pytest.param("[a . b]\nc = 1", {"a": 1, "a.b": 1, "a.b.c": 2}, id="dotted table"),
        pytest.param("\"x.y\" = 1\n'z' = 2", {'"x.y"': 1, "z": 2}, id="quoted keys"),
        pytest.param('"\\u0061" = 1\n"\\U00000062" = 2', {"a": 1, "b": 2}, id="escaped keys"),
        pytest.param("t = {a = 1, b.c = 2}", {"t": 1, "t.a": 1, "t.b": 1, "t.b.c": 1}, id="inline"),
        pytest.param(
            'l = [\n  "a", # ]\n\n  "b",\n]\nm = 1',
            {"l": 1, "l[0]": 2, "l[1]": 4, "m": 6},
            id="list over lines",
        ),
        pytest.param(
            "l = [{a = 1},\n{a = 2}]",
            {"l": 1, "l[0]": 1, "l[0].a": 1, "l[1]": 2, "l[1].a": 2},
            id="tables in a list",
        ),
        pytest.param('a = """\n[b]\nc = 1\n"""\nd = 2', {"a": 1, "d": 5}, id="multi-line text"),
        pytest.param("a = '''\n\"\"\"'''\nd = 2", {"a": 1, "d": 3}, id="multi-line literal"),
        pytest.param("# [a]\n#b = 1\nc = 1 # d = 2", {"c": 3}, id="comments"),
        pytest.param("a = 1\r\nb = 2\r\n", {"a": 1, "b": 2}, id="CRLF"),
        pytest.param("a = 1979-05-27 07:32:00\nb = 1", {"a": 1, "b": 2}, id="date with a space"),
        pytest.param(
            "[[l]]\na = 1\n[[l]]\n[l.t]\nb = 2",
            {"l": 1, "l[0]": 1, "l[0].a": 2, "l[1]": 3, "l[1].t": 4, "l[1].t.b": 5},
            id="list of tables",
        ),
        pytest.param("[t]\na = 1\n[u]\n[t.v]", {"t": 1, "t.a": 2, "u": 3, "t.v": 4}, id="mixed"),
        pytest.param("", {}, id="empty"),
    ],
)
def test_lines(text: str, lines: dict[str, int]) -> None:
    """Each key, table and item gets the line on which it first appears."""
    tomllib.loads(text)
    assert {dotted(path): line for path, line in scan(text).lines.items()} == lines


@LAW
@given(documents())
def test_lines_are_where_keys_were_written(document: Document) -> None:
    """The scan finds each key of a document on the line on which it was written."""
    try:
        tomllib.loads(document.text)
    except tomllib.TOMLDecodeError:
        return  # Two keys were drawn that contradict each other.
    assert scan(document.text).lines == document.lines


@LAW
@given(documents())
def test_scan_sees_what_the_parser_sees(document: Document) -> None:
    """The scan finds exactly the keys and items that the parser finds."""
    try:
        data = tomllib.loads(document.text)
    except tomllib.TOMLDecodeError:
        return
    assert set(scan(document.text).lines) == set(_paths(data))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_lines_agree_with_tomlkit(path: Path) -> None:
    """A value that tomlkit changes in place changes the line that the scan names for its key."""
    text = path.read_bytes().decode()
    lines = scan(text).lines
    data = tomllib.loads(text)
    leaves = [one for one in _paths(data) if not isinstance(_at(data, one), dict | list)]
    assert leaves
    for leaf in leaves:
        document = tomlkit.parse(text)
        table: Any = _at(document, leaf[:-1])
        table[leaf[-1]] = "THE-MARK"
        changed = document.as_string().split("\n")
        assert "THE-MARK" in changed[lines[leaf] - 1], dotted(leaf)


def _at(value: Any, path: KeyPath) -> Any:  # noqa: ANN401 any TOML value
    for part in path:
        value = value[part]
    return value


@LAW
@given(mutated_texts() | st.text())
def test_scan_never_fails(text: str) -> None:
    """Whatever the text, the scan ends and names lines that exist."""
    layout = scan(text)
    assert all(1 <= line <= text.count("\n") + 1 for line in layout.lines.values())


@pytest.mark.parametrize(
    ("text", "repeat"),
    [
        ("a = 1\n\na = 2", Repeat(path=("a",), first=1, again=3)),
        ("[t]\n[u]\n[t]", Repeat(path=("t",), first=1, again=3)),
        ("t = {}\n[t]", Repeat(path=("t",), first=1, again=2)),
        ("[t.u]\n[t]\n[t]", Repeat(path=("t",), first=2, again=3)),
        ("t = {a = 1,\na = 2}", Repeat(path=("t", "a"), first=1, again=2)),
    ],
)
def test_repeats(text: str, repeat: Repeat) -> None:
    """A key or table that is written out twice is named with both lines."""
    assert scan(text).repeats == (repeat,)


def test_a_table_after_its_parts_is_no_repeat() -> None:
    """A table may come after one below it, and a list of tables has many headers."""
    assert scan("[t.u]\n[t]\n[[l]]\n[[l]]\nt = 1").repeats == ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a" + ".a" * 100_000 + " = 1", id="key"),
        pytest.param("[" + "a." * 100_000 + "a]", id="header"),
        pytest.param("a = " + "[" * 100_000, id="lists"),
        pytest.param("a = " + "{a = " * 100_000, id="tables"),
        pytest.param('"a"' + '."a"' * 100_000 + " = 1", id="quoted"),
    ],
)
def test_too_deep_is_seen_at_once(text: str) -> None:
    """Nesting that no spec has stops the scan, which keeps the parser from quadratic work."""
    layout = scan(f"\n{text}")
    assert layout.too_deep == 2
    assert max(map(len, layout.lines), default=0) <= DEPTH_LIMIT + 1


def test_line_near_goes_up_to_the_table() -> None:
    """A key that is not there has the line of the nearest table around it."""
    layout = scan("\n[t]\na = {b = 1}")
    assert layout.line_near(("t", "a", "c", "d")) == 3
    assert layout.line_near(("t", "x")) == 2
    assert layout.line_near(("u", "x")) is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("a", "b-c", 0, "d"), "a.b-c[0].d"),
        (("a.b", ""), '"a.b".""'),
        (("é", "\u202e"), '"é"."\\u202e"'),
    ],
)
def test_dotted(path: KeyPath, text: str) -> None:
    """Paths are written as in TOML, with nothing that a terminal would act on."""
    assert dotted(path) == text
