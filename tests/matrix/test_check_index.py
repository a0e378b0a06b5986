"""The compat data against indexes over real HTTP: what is missing, new, or settled."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from provisioner.api.check_index import DEFAULT_INDEX, IndexCheck, check_index
from provisioner.api.matrix import MatrixQuestion
from provisioner.compat import load_compat
from provisioner.compat.compare import (
    WheelCell,
    compare_member,
    compare_torch,
    published_cells,
)
from provisioner.compat.matrix import Wanted
from provisioner.findings import PlanError, WorldError

if TYPE_CHECKING:
    from tests.support import Command, IndexServer

COMPAT = load_compat()
Found = tuple[str, str, str, str, str, tuple[str, ...]]


def found(check: IndexCheck) -> list[Found]:
    """Return differences as tuples."""
    return [
        (one.kind, one.project, one.version, one.accelerator, one.platform, one.pythons)
        for one in check.differences
    ]


def ask(index: IndexServer, **question: str) -> IndexCheck:
    """Compare a part of the data with the index in PyTorch's layout."""
    return check_index(index.pytorch, MatrixQuestion(**{"platform": "linux-x86_64", **question}))


def test_what_the_index_lacks_is_missing(index: IndexServer) -> None:
    """The test index has no wheel for Python 3.7; everything else of this build is equal."""
    assert found(ask(index, torch="1.13.1", accelerator="cu116")) == [
        ("missing", "torch", "1.13.1", "cu116", "linux-x86_64", ("3.7",))
    ]


def test_an_equal_part_has_no_differences(index: IndexServer) -> None:
    """Where data and index agree, nothing is listed and there is no finding."""
    check = ask(index, torch="1.13.1", accelerator="cu116", python="3.10")
    assert found(check) == []
    assert check.findings == ()
    assert check.wheels > 0
    assert (check.index, check.version) == (index.pytorch, COMPAT.version)


def test_what_the_data_does_not_have(fresh_index: IndexServer) -> None:
    """A wheel and a release that the data does not know are told apart; previews do not count."""
    scenario = fresh_index.scenario
    for version, pythons in (("1.13.1", "cp312"), ("2.99.0", "cp313"), ("2.99.1rc1", "cp313")):
        scenario = scenario.release(
            projects={"torch": version},
            index="pytorch",
            accelerators=["cu116"],
            local=True,
            pythons=pythons,
            tags=["{py}-{py}-linux_x86_64"],
        )
    fresh_index.publish(scenario)
    assert found(ask(fresh_index, accelerator="cu116", torch=">=1.13.1")) == [
        ("missing", "torch", "1.13.1", "cu116", "linux-x86_64", ("3.7",)),
        ("extra", "torch", "1.13.1", "cu116", "linux-x86_64", ("3.12",)),
        ("release", "torch", "2.99.0", "cu116", "linux-x86_64", ("3.13",)),
    ]


def test_a_withdrawn_wheel_is_not_there(fresh_index: IndexServer) -> None:
    """A yanked wheel is one that nobody gets."""
    pattern = "torch-2.13.0-cp311-*manylinux*x86_64.whl"
    fresh_index.publish(fresh_index.scenario.deviate(pattern, yanked="broken"))
    question = MatrixQuestion(torch="2.13.0", platform="linux-x86_64", python="3.11")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_INDEX_URL", fresh_index.default)
        check = check_index(DEFAULT_INDEX, question)
    assert [one[:2] for one in found(check)] == [("missing", "torch")]


def test_an_index_without_torch(index: IndexServer) -> None:
    """An address that has no wheel of torch is a mistake and not an empty matrix."""
    with pytest.raises(WorldError) as caught:
        check_index(f"{index.url}/nothing", MatrixQuestion(accelerator="cpu"))
    (finding,) = caught.value.findings
    assert finding.code == "TE403"
    assert finding.message == f"`{index.url}/nothing` has no wheel of torch."


def test_a_wrong_filter_is_refused_before_the_network() -> None:
    """Nothing is asked for a question that cannot be understood."""
    with pytest.raises(PlanError, match="TE332"):
        check_index("http://127.0.0.1:1/whl", MatrixQuestion(torch="two"))


NAMES = [
    ("torch-2.6.0+cu118-cp311-cp311-linux_x86_64.whl", "2.6.0 cu118 linux-x86_64 3.11"),
    ("torch-2.6.0-cp313-cp313t-manylinux_2_28_aarch64.whl", "2.6.0 cpu linux-aarch64 3.13t"),
    ("torch-1.13.0+cpu-cp37-cp37m-win_amd64.whl", "1.13.0 cpu windows-x86_64 3.7"),
    ("torch-2.2.2-cp312-none-macosx_10_9_x86_64.whl", "2.2.2 cpu macos-x86_64 3.12"),
    ("torch-2.9.0-cp312-cp312-macosx_11_0_arm64.whl", "2.9.0 cpu macos-arm64 3.12"),
    ("torch-2.7.0+cpu-cp312-cp312-win_arm64.whl", "2.7.0 cpu windows-arm64 3.12"),
    ("torch-2.0.0-1-cp310-cp310-manylinux2014_aarch64.whl", "2.0.0 cpu linux-aarch64 3.10"),
    ("torch-2.9.9-py3-none-manylinux_2_28_x86_64.whl", "2.9.9 cpu linux-x86_64 any"),
]


@pytest.mark.parametrize(("name", "expected"), NAMES, ids=[name for name, _ in NAMES])
def test_file_names_are_understood(name: str, expected: str) -> None:
    """Each kind of name that was ever published says release, build, platform and Python."""
    (cell,) = published_cells("torch", [name], accelerator="cpu")
    assert f"{cell.version} {cell.accelerator} {cell.platform} {cell.python}" == expected


@pytest.mark.parametrize(
    "name",
    [
        "torch-2.6.0.tar.gz",
        "torch-2.6.0rc1-cp311-cp311-linux_x86_64.whl",
        "torch-2.6.0.dev1-cp311-cp311-linux_x86_64.whl",
        "torch-2.6.0-cp311-cp311-musllinux_1_2_x86_64.whl",
        "torch-2.6.0-pp39-pypy39_pp73-linux_x86_64.whl",
        "torch-two-cp311-cp311-linux_x86_64.whl",
        "",
    ],
)
def test_other_files_are_left_out(name: str) -> None:
    """Sources, previews and what the data is not about do not count."""
    assert list(published_cells("torch", [name], accelerator="cpu")) == []


def everything(index: str) -> set[WheelCell]:
    """Return what an index has that is as the data says, where the data is sure."""
    return {
        WheelCell(
            project="torch",
            version=build.torch,
            accelerator=build.accelerator,
            platform=build.platform,
            python=python,
        )
        for release in COMPAT.releases
        for build in COMPAT.builds(release.torch)
        if build.index == index and not build.is_doubtful
        for python in build.pythons
    }


def test_the_data_equals_itself() -> None:
    """An index that has just what the data is sure of differs only in what it is not sure of."""
    check = compare_torch(COMPAT, "pytorch", everything("pytorch"), Wanted())
    assert {one.kind for one in check} == {"absent"}


def test_what_was_not_sure_is_settled() -> None:
    """A wheel that the data was not sure of is confirmed by an index that has it."""
    cell = WheelCell(
        project="torch",
        version="2.6.0",
        accelerator="cu118",
        platform="linux-x86_64",
        python="3.13t",
    )
    wanted = Wanted(accelerator="cu118", platform="linux-x86_64", python="3.13t")
    check = compare_torch(COMPAT, "pytorch", {*everything("pytorch"), cell}, wanted)
    assert ("confirmed", "2.6.0") in {(one.kind, one.version) for one in check}


def test_the_default_index_does_not_say_what_it_is_compiled_for() -> None:
    """Its wheels have no local version; the data says which build it has."""
    cells = {replace(cell, accelerator="") for cell in everything("default")}
    kinds = {one.kind for one in compare_torch(COMPAT, "default", cells, Wanted())}
    assert kinds <= {"absent"}


def test_a_wheel_for_every_python_is_all_of_them() -> None:
    """One `py3` wheel stands for every Python that the data names."""
    member = COMPAT.member("torchvision", "0.29.2")
    assert member is not None
    cells = [
        WheelCell(
            project="torchvision",
            version="0.29.2",
            accelerator="",
            platform=platform,
            python="any",
        )
        for platform in member.platforms
    ]
    check = compare_member(COMPAT, "torchvision", cells, Wanted())
    assert "0.29.2" not in {one.version for one in check}


@pytest.mark.e2e
def test_the_command(torchenv: Command, index: IndexServer) -> None:
    """Differences are a table or a document, and exit 1; none are exit 0."""
    words = ("matrix", "--check-index", index.pytorch, "--accelerator", "cu116")
    part = (*words, "--torch", "1.13.1", "--platform", "linux-x86_64")
    shown = torchenv(*part).check(1)
    assert shown.stderr.startswith(f"warning TE333: `{index.pytorch}` differs from the compat data")
    assert "not on the index  torch 1.13.1  cu116  linux-x86_64  3.7" in shown.stdout
    document = json.loads(torchenv(*part, "--json").check(1).stdout)
    assert document["check"]["differences"] == [
        {
            "kind": "missing",
            "project": "torch",
            "version": "1.13.1",
            "accelerator": "cu116",
            "platform": "linux-x86_64",
            "pythons": ["3.7"],
        }
    ]
    assert document["findings"][0]["code"] == "TE333"
    same = torchenv(*part, "--python", "3.10").check()
    assert same.stderr == ""
    assert ": 0 differences." in same.stdout
