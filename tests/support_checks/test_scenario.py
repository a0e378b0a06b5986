"""Scenario files: expanded as written, checked as they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support import Scenario, load_scenario
from tests.support.scenario import SCENARIOS

if TYPE_CHECKING:
    from pathlib import Path

ONE = {"projects": {"demo": "1.0"}, "index": "default", "tags": ["py3-none-any"]}


def names(scenario: Scenario) -> list[str]:
    """Return the file names."""
    return [file.name for file in scenario.files]


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_scenario_file_builds(path: Path) -> None:
    """Each file can be read, and every wheel in it can be built."""
    scenario = load_scenario(path.stem)
    assert all(file.content.startswith(b"PK") for file in scenario.files)


def test_a_release_stands_for_all_its_combinations() -> None:
    """Projects, versions, accelerators, tags, Pythons multiply; the folder gives the local part."""
    scenario = Scenario().release(
        projects={"torch": ["2.1.0", "2.2.0"]},
        index="pytorch",
        accelerators=["cpu", "cu118"],
        local=True,
        pythons="cp39..cp310",
        tags=["{py}-{py}-linux_x86_64"],
    )
    assert [file.path for file in scenario.files] == [
        f"/whl/{where}/torch-{version}+{where}-{python}-{python}-linux_x86_64.whl"
        for where in ("cpu", "cu118")
        for version in ("2.1.0", "2.2.0")
        for python in ("cp310", "cp39")
    ]


def test_indexes_have_their_own_places() -> None:
    """PyTorch's root, the default index and a further index keep files apart."""
    scenario = (
        Scenario()
        .release(**ONE)
        .release(**{**ONE, "index": "pytorch"})
        .release(**{**ONE, "index": "extra"})
    )
    assert [file.path for file in scenario.files] == [
        "/extra/packages/demo-1.0-py3-none-any.whl",
        "/packages/demo-1.0-py3-none-any.whl",
        "/whl/demo-1.0-py3-none-any.whl",
    ]


def test_a_deviation_changes_only_what_matches() -> None:
    """Page facts, defects and padding change; another file stays as it was."""
    before = Scenario().release(**{**ONE, "projects": {"demo": ["1.0", "2.0"]}})
    after = before.deviate("demo-2*", hash="missing", metadata_version="9", padding=5000)
    one, two = after.files
    assert one == before.files[0]
    assert two.shown_sha256 is None
    assert b"Version: 9\n" in two.metadata
    assert len(two.content) > 5000


def test_files_can_be_taken_away_and_found() -> None:
    """``without`` drops what matches; ``find`` wants exactly one."""
    scenario = Scenario().release(**{**ONE, "projects": {"demo": ["1.0", "2.0"]}})
    assert names(scenario.without("demo-1*")) == ["demo-2.0-py3-none-any.whl"]
    assert scenario.find("demo-1*").version == "1.0"
    with pytest.raises(LookupError, match=r"demo-\*: \['/packages/demo-1\.0.*', '.*demo-2\.0"):
        scenario.find("demo-*")


def test_a_file_can_be_saved_for_find_links(tmp_path: Path) -> None:
    """The saved wheel has the name and the bytes of the index's."""
    (file,) = Scenario().release(**ONE).files
    path = file.save(tmp_path)
    assert path == tmp_path / "demo-1.0-py3-none-any.whl"
    assert path.read_bytes() == file.content


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"wheels": []}, KeyError, "unknown keys \\['wheels'\\]"),
        ({"requires": ["@nobody"]}, KeyError, "nobody"),
        ({}, ValueError, "twice in the scenario: /packages/demo-1.0-py3-none-any.whl"),
    ],
)
def test_mistakes_are_refused(
    change: dict[str, object], error: type[Exception], message: str
) -> None:
    """A key that nothing reads, a group that is not there and a file twice are errors."""
    with pytest.raises(error, match=message):
        Scenario().release(**ONE).release(**{**ONE, **change})


def test_a_deviation_that_matches_nothing_is_refused() -> None:
    """A glob with a typing error must not pass for a deviation."""
    with pytest.raises(LookupError, match="no file of the scenario matches tarch-"):
        Scenario().release(**ONE).deviate("tarch-*", hash="missing")


def test_every_requirement_of_main_is_met_somewhere(main_scenario: Scenario) -> None:
    """What any wheel names without an extra exists on some index."""
    known = {file.project for file in main_scenario.files}
    wanted = {
        canonicalize_name(Requirement(line).name)
        for file in main_scenario.files
        for line in file.recipe.requires
        if "extra ==" not in line
    }
    assert wanted <= known
