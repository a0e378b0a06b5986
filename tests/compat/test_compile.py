"""Compiling bad data: each problem is named, with its place, and nothing is written."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from provisioner.compat._models import expand_pythons
from provisioner.compat.compile import DATA, CompatDataError, compile_data, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the readable files."""
    return shutil.copytree(DATA, tmp_path / "data")


def _edit(folder: Path, file: str, old: str, new: str) -> None:
    """Replace the first that stands at or below torch 2.15.0, whatever is newer than that."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    start = max(text.find('["2.15.0"]'), text.find('[torch."2.15.0"]'), 0)
    assert old in text[start:]
    path.write_text(text[:start] + text[start:].replace(old, new, 1), encoding="utf-8")


def _problems(folder: Path) -> list[str]:
    with pytest.raises(CompatDataError) as caught:
        compile_data(folder)
    assert {finding.code for finding in caught.value.findings} == {"TE220"}
    return [finding.message for finding in caught.value.findings]


def test_a_copy_compiles(folder: Path) -> None:
    """The copy that the other tests spoil is sound."""
    assert compile_data(folder) == compile_data()


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        (
            "builds.toml", 'sources = "INDEX"', 'sources = "HEARSAY"',
            "builds.toml `2.15.0` default row 1: source `HEARSAY` is not in sources.toml",
        ),
        (
            "sources.toml", 'GAP = "', 'SPARE = "nobody"\nGAP = "',
            "sources.toml: nothing uses `SPARE`",
        ),
        (
            "dependents.toml", 'package = "fastai"', 'package = "Fast_AI"',
            "dependents.0.package: Value error, not a normalised project name",
        ),
        (
            "dependents.toml", "2.8.12 2.8.11", "2.8.11 2.8.12",
            "dependents.0.torch-of.>=1.10,<3: Value error, not the newest first",
        ),
        (
            "dependents.toml", '"2.8.6 2.8.5"', '"2.8.7 2.8.6 2.8.5"',
            "dependents.toml: `fastai` 2.8.7 stands 2 times",
        ),
        (
            "ceilings.toml", 'torch = "<=2.2.2"', 'torch = "<1.0"',
            "ceilings.toml row 1: `<1.0` admits no release of releases.toml",
        ),
        (
            "releases.toml", 'torchvision = "0.29.2 0.29.1"', 'torchvision = "0.99.0"',
            "releases.toml `2.15.0`: torchvision 0.99.0 has no table",
        ),
        (
            "releases.toml", '"0.29.2 0.29.1"', '"0.29.2 0.29.1 0.28.0"',
            "releases.toml `2.15.0`: torchvision 0.28.0 asks for torch==2.13.0",
        ),
        (
            "releases.toml", 'torchaudio = "2.0.1"\n', 'torchaudio = "2.0.1 2.0.0"\n',
            "releases.toml `2.0.0`: torchaudio 2.0.0 was yanked",
        ),
        (
            "releases.toml", 'torchvision = "0.28.0"', 'torchvision = "0.29.1"',
            "releases.toml: torchvision 0.28.0 goes with no torch",
        ),
        (
            "releases.toml", 'built-for = "2.15.0"', 'built-for = "2.99.0"',
            "releases.toml torchvision `0.29.2`: built-for names torch 2.99.0",
        ),
        (
            "builds.toml", '["2.15.0"]', '["2.99.0"]',
            "builds.toml: the releases of torch do not stand newest first, one each",
        ),
        (
            "builds.toml", 'on = "linux-aarch64", accelerators = "cpu cu130 cu132 cu134"',
            'on = "linux-x86_64", accelerators = "cpu"',
            "builds.toml `2.15.0` pytorch: 2 rows for cpu on linux-x86_64",
        ),
        (
            "builds.toml", 'unsure = "3.11-3.15 3.14t 3.15t", ', "",
            "builds.toml `2.15.0` pytorch row 1: no Python at all",
        ),
        (
            "builds.toml", 'unsure = "3.15 3.15t"', 'unsure = "3.14 3.15t"',
            "builds.toml `2.14.1` pytorch row 1: 3.14 is both sure and unsure",
        ),
        (
            "builds.toml", 'accelerators = "cu132", python', 'accelerators = "cu132 cu130", python',
            "builds.toml `2.15.0` default: one accelerator per platform",
        ),
        (
            "accelerators.toml", "[cu134]", "[cu135]",
            "accelerators.toml and builds.toml do not agree on `cu134`",
        ),
        (
            "wheels.toml", 's390x"\ntorch = ">=2.8.0"', 's390x"\ntorch = ">=2.9"',
            "wheels.toml: no row for cpu of torch 2.8.0 on linux-s390x (pytorch)",
        ),
        (
            "gpus.toml", 'accelerator = "cu102", torch = ">=1.12.0,<=1.12.1"',
            'accelerator = "cu102", torch = "==1.12.0"',
            "gpus.toml: no row of GPU code for cu102 of torch 1.12.1 on linux-x86_64",
        ),
    ],
)  # fmt: skip
def test_contradictions_are_found(
    folder: Path, file: str, old: str, new: str, problem: str
) -> None:
    """What no single row can be wrong about alone is checked across the files."""
    _edit(folder, file, old, new)
    assert problem in _problems(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("meta.toml", 'version = "2', 'version = "x2', "version: String should match"),
        ("ceilings.toml", "metadata = false", "metadat = 0", "ceilings.0.metadata: Field required"),
        ("ceilings.toml", 'kind = "ceiling"', 'kind = "roof"', "ceilings.0.kind: Input should be"),
        ("builds.toml", 'known = "unknown"', 'known = "rumour"', "builds.2.15.0.pytorch.0.known"),
        ("builds.toml", 'sources = "GAP"', 'sources = ""', "builds.2.15.0.pytorch.0.sources"),
        ("builds.toml", '"linux-x86_64"', '"linux-amd64"', "builds.2.15.0.pytorch.0.on.0"),
        (
            "builds.toml", '"3.11-3.15 3.14t 3.15t"', '"py311"',
            "`py311` is no Python; write `3.11`, `3.13t` or `3.8-3.11`",
        ),
    ],
)  # fmt: skip
def test_bad_rows_are_found(folder: Path, file: str, old: str, new: str, problem: str) -> None:
    """Unknown keys, unknown words and wrong types are refused, with the place."""
    _edit(folder, file, old, new)
    assert any(problem in message for message in _problems(folder))


def test_all_problems_come_at_once(folder: Path) -> None:
    """Two mistakes in two files are two findings."""
    _edit(folder, "builds.toml", 'sources = "INDEX"', 'sources = "HEARSAY"')
    _edit(folder, "accelerators.toml", "[cu134]", "[cu135]")
    assert len(_problems(folder)) >= 2


def test_a_file_that_is_not_toml(folder: Path) -> None:
    """The file is named, with what the parser says."""
    (folder / "wheels.toml").write_text("[[wheel", encoding="utf-8")
    (message,) = _problems(folder)
    assert message.startswith("wheels.toml: ")


def test_a_file_that_is_missing(folder: Path) -> None:
    """The file is named."""
    (folder / "wheels.toml").unlink()
    (message,) = _problems(folder)
    assert message.startswith("wheels.toml: ")


def test_ranges_of_pythons() -> None:
    """Ranges run over minor versions; free-threaded ones are named singly."""
    assert expand_pythons("3.8-3.11 3.13t") == ("3.8", "3.9", "3.10", "3.11", "3.13t")
    with pytest.raises(ValueError, match=r"`3\.8-3\.11t` is no Python"):
        expand_pythons("3.8-3.11t")


def test_only_what_changed_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever compiles is told which files are new; a second time there are none."""
    texts = {tmp_path / "same.json": "{}\n", tmp_path / "other.json": "[]\n"}
    (tmp_path / "same.json").write_text("{}\n", encoding="utf-8")
    write(texts)
    assert capsys.readouterr().out == "wrote other.json\n"
    write(texts)
    assert capsys.readouterr().out == ""
