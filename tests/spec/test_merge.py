"""Merging files: the rules as examples, and the laws that follow from them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner import toml
from provisioner.spec._layout import dotted, scan
from provisioner.spec._merge import Source, merge
from provisioner.spec._models import takes_truth
from tests.spec.strategies import LAW

if TYPE_CHECKING:
    from provisioner.spec._layout import KeyPath


def _source(text: str, file: str | None) -> Source:
    return Source.of(toml.loads(text), scan(text), file)


def _merged(*texts: str) -> Source:
    names = [*(f"t{number}.toml" for number in range(len(texts) - 1)), None]
    return merge(map(_source, texts, names), takes_truth)[0]


@pytest.mark.parametrize(
    ("texts", "data"),
    [
        pytest.param(
            ('[environment]\npython = "3.10"\nseed = true', '[environment]\npython = "3.11"'),
            {"environment": {"python": "3.11", "seed": True}},
            id="tables merge key by key, the later file wins",
        ),
        pytest.param(
            ("[sources]\nfind-links = ['a', 'b']", "[sources]\nfind-links = ['c']"),
            {"sources": {"find-links": ["c"]}},
            id="a list is replaced as a whole",
        ),
        pytest.param(
            ("[dependencies]\nZope_Event = '*'\na = '*'", "[dependencies]\n'zope.event' = '>=5'"),
            {"dependencies": {"zope.event": ">=5", "a": "*"}},
            id="dependencies are the same by their normalised names",
        ),
        pytest.param(
            ("[dependencies]\nNumPy = '<2'", "[dependencies]\nnumpy = { extras = ['x'] }"),
            {"dependencies": {"numpy": {"version": "<2", "extras": ["x"]}}},
            id="a dependency's text is its version",
        ),
        pytest.param(
            ("[dependencies]\na = { version = '1', extras = ['x'] }", "[dependencies]\na = '2'"),
            {"dependencies": {"a": {"version": "2", "extras": ["x"]}}},
            id="a version alone leaves the extras",
        ),
        pytest.param(
            ("[dependencies]\na = '*'\nb = '*'", "[dependencies]\nA = false"),
            {"dependencies": {"b": "*"}},
            id="false takes a dependency away",
        ),
        pytest.param(
            ("[sources]\nproxy = 'http://p'\n[torch]\ntorch = '2.6'", "sources = false"),
            {"torch": {"torch": "2.6"}},
            id="false takes a whole table away",
        ),
        pytest.param(
            ("[environment]\nseed = true", "[environment]\nseed = false"),
            {"environment": {"seed": False}},
            id="false is the value of a key with truth values",
        ),
        pytest.param(
            ("[torch]\ntorchvision = '0.21'", "[torch]\ntorchvision = false"),
            {"torch": {"torchvision": False}},
            id="false leaves a trio member out",
        ),
        pytest.param(
            ("[torch]\ntorch = '2'", "torch = '2.6'"),
            {"torch": "2.6"},
            id="a value in the place of a table is left for the models to refuse",
        ),
        pytest.param(
            ("[dependencies]\na = '1'", "[dependencies]\na = false", "[dependencies]\na = '3'"),
            {"dependencies": {"a": "3"}},
            id="what was taken away can come back",
        ),
    ],
)
def test_rules(texts: tuple[str, ...], data: dict[str, object]) -> None:
    """Each rule of merging, as an example."""
    assert _merged(*texts).data == data


def test_every_value_knows_its_file_and_line() -> None:
    """Places are those of the file that a value came from, whatever its name is there."""
    merged = _merged(
        "[dependencies]\nNumPy = '<2'\nscipy = '*'\n",
        "[sources]\nfind-links = [\n'a',\n'b']\n[dependencies]\nNUMPY = { extras = ['x'] }",
        "\n[sources]\nproxy = 'http://p'",
    )
    places = {dotted(path): (one.file, one.line) for path, one in merged.places.items()}
    assert places == {
        "dependencies": ("t1.toml", 5),
        "dependencies.NUMPY": ("t1.toml", 6),
        "dependencies.NUMPY.extras": ("t1.toml", 6),
        "dependencies.NUMPY.extras[0]": ("t1.toml", 6),
        "dependencies.scipy": ("t0.toml", 3),
        "sources": (None, 2),
        "sources.find-links": ("t1.toml", 2),
        "sources.find-links[0]": ("t1.toml", 3),
        "sources.find-links[1]": ("t1.toml", 4),
        "sources.proxy": (None, 3),
    }


@pytest.mark.parametrize(
    ("texts", "paths"),
    [
        (("[dependencies]\na = '*'", "[dependencies]\nb = false"), ["dependencies.b"]),
        (("[torch]\ntorch = '2'", "[environment]\npath = false"), ["environment.path"]),
        (("", "[dependencies]\na = false", "[dependencies]\na = '1'"), []),
        (("[dependencies]\na = '*'", "[dependencies]\na = false"), []),
    ],
)
def test_false_that_unsets_nothing_is_told(texts: tuple[str, ...], paths: list[str]) -> None:
    """A `false` where no file to the left says anything is a mistake, unless a later one speaks."""
    sources = [_source(text, None) for text in texts]
    _, problems = merge(sources, takes_truth)
    assert [(one.code, dotted(one.path)) for one in problems] == [("TE114", path) for path in paths]


VALUES = st.recursive(
    st.sampled_from([False, True, 1, "x", ["y"]]),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
TABLES = st.dictionaries(st.sampled_from(["a", "b", "dependencies"]), VALUES, max_size=3)


def _plain(data: dict[str, object]) -> Source:
    return Source(data=data, places={})


def _never(_path: KeyPath) -> bool:
    return False


@LAW
@given(TABLES, TABLES)
def test_merging_changes_no_source(one: dict[str, object], other: dict[str, object]) -> None:
    """What is merged can be used again."""
    before = copy.deepcopy((one, other))
    merge([_plain(one), _plain(other)], takes_truth)
    assert (one, other) == before


@LAW
@given(TABLES)
def test_an_empty_file_says_nothing(table: dict[str, object]) -> None:
    """An empty file to the left or to the right changes no value."""
    assert merge([_plain(table), _plain({})], _never)[0].data == table
    assert merge([_plain({}), _plain(table)], _never)[0].data == table
