"""Editing a spec: what is asked for changes, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from provisioner.findings import SpecError
from provisioner.spec import parse_spec, parse_wanted, with_dependencies, without_dependencies

SPEC = """\
# Our environment.
[environment]
python = "3.11"       # as on the cluster
accelerator = "cpu"

[torch]
torch = "2.6"   # a line

[dependencies]
# data
Num_Py = ">=1.26"   # for pandas
lightning = { version = ">=2.4", extras = ["extra"] }  # training

[sources]
trio = "pytorch"
"""


def added(text: str, *words: str) -> str:
    """Add words to a spec."""
    return with_dependencies(text, [parse_wanted(word) for word in words])


def test_a_new_dependency_is_one_new_line() -> None:
    """Every other line stays as it was written, comments included."""
    lines = added(SPEC, "pandas").splitlines()
    assert 'pandas = "*"' in lines
    lines.remove('pandas = "*"')
    assert [line for line in lines if line] == [line for line in SPEC.splitlines() if line]


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("pandas>=2,<3", 'pandas = "<3,>=2"'),
        ("jax[cuda,cpu]>=0.4", 'jax = {version = ">=0.4", extras = ["cpu", "cuda"]}'),
        ("num.py<2", 'Num_Py = "<2"   # for pandas'),
        ("num-py", 'Num_Py = ">=1.26"   # for pandas'),
        ("lightning==2.5", 'lightning = { version = "==2.5", extras = ["extra"] }  # training'),
        ("torch==2.7.1", 'torch = "2.7.1"   # a line'),
        ("torch>=2.6", 'torch = ">=2.6"   # a line'),
        ("torch==2.7.*", 'torch = "==2.7.*"   # a line'),
        ("torchvision==0.21", 'torchvision = "0.21"'),
    ],
)
def test_what_a_word_becomes(word: str, line: str) -> None:
    """Names are compared normalised, versions are written as the spec has them."""
    assert line in added(SPEC, word).splitlines()


def test_a_spec_without_dependencies_gets_the_table() -> None:
    """The table is made where it is missing."""
    short = SPEC[: SPEC.index("[dependencies]")]
    spec = parse_spec(added(short, "numpy", "pandas>=2"), Path("torchenv.toml"))
    assert [str(one) for one in spec.dependencies] == ["numpy", "pandas>=2"]


def test_a_member_of_the_trio_that_was_left_out_comes_back() -> None:
    """Without a version it follows torch, so its line goes."""
    text = without_dependencies(SPEC, ["torchvision"])
    assert "torchvision = false" in text
    assert added(text, "torchvision") == SPEC


def test_removing() -> None:
    """A line goes with its own comment, by any spelling of its name."""
    text = without_dependencies(SPEC, ["num.PY", "Lightning"])
    assert "Num_Py" not in text
    assert "lightning" not in text
    assert "# data" in text
    assert parse_spec(text, Path("torchenv.toml")).dependencies == ()


def test_what_the_spec_does_not_ask_for_cannot_be_removed() -> None:
    """All names that are not there are told at once; torch itself stays."""
    with pytest.raises(SpecError) as caught:
        without_dependencies(SPEC, ["Num_Py", "scipy", "torch"])
    assert [(one.code, one.message) for one in caught.value.findings] == [
        ("TE638", "The spec does not ask for `scipy`."),
        ("TE638", "torch cannot be removed from a spec."),
    ]


def test_a_name_that_is_said_twice_is_removed_once() -> None:
    """However it is written, it is one package."""
    text = without_dependencies(SPEC, ["Num_Py", "num.py"])
    assert text == without_dependencies(SPEC, ["num-py"])


def test_what_a_template_asks_for_is_unset() -> None:
    """Where a template has the dependency, ``false`` takes it away; the own line goes too."""
    text = without_dependencies(SPEC, ["num.PY", "scipy"], inherited={"num-py", "scipy"})
    dependencies = tomlkit.parse(text).unwrap()["dependencies"]
    unset = [key for key, value in dependencies.items() if value is False]
    assert unset == ["Num_Py", "scipy"]


@pytest.mark.parametrize(
    "word", ["", "-r x", "a b", "numpy=2", "x @ https://h.example/x.whl", 'x; python_version>"3"']
)
def test_words_that_are_no_dependency(word: str) -> None:
    """A URL or a marker has no place in a spec, and other words are no requirement."""
    with pytest.raises(SpecError) as caught:
        parse_wanted(word)
    assert [one.code for one in caught.value.findings] == ["TE105"]


@pytest.mark.parametrize(
    ("word", "place"),
    [
        ("git+https://h.example/x", '`name = { git = "…" }`'),
        ("x[y] @ git+https://h.example/x", '`x = { git = "…" }`'),
        ("x @ https://h.example/x.whl", "`find-links`"),
    ],
)
def test_where_projects_of_the_network_go(word: str, place: str) -> None:
    """What no word can say has its place in the spec all the same."""
    with pytest.raises(SpecError) as caught:
        parse_wanted(word)
    assert place in caught.value.findings[0].do


NAMES = st.from_regex(r"[a-z][a-z0-9]{1,8}(-[a-z0-9]{1,4})?", fullmatch=True).filter(
    lambda name: not name.startswith("torch")
)


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True))
def test_adding_and_removing_means_what_it_meant_before(names: list[str]) -> None:
    """Law: what was added and removed again leaves a spec that asks for the same."""
    new = [name for name in names if name not in {"num-py", "lightning"}]
    back = without_dependencies(added(SPEC, *new), new)
    path = Path("torchenv.toml")
    assert parse_spec(back, path).dependencies == parse_spec(SPEC, path).dependencies


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True))
def test_adding_twice_is_adding_once(names: list[str]) -> None:
    """Law: a second `add` of the same changes nothing."""
    once = added(SPEC, *names)
    assert added(once, *names) == once
