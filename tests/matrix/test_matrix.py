"""The matrix: which builds fit a question, and how they are shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from provisioner.api.matrix import Matrix, MatrixQuestion, matrix
from provisioner.cli.render.matrix import markdown_table, print_matrix
from provisioner.compat import load_compat
from provisioner.findings import PlanError

if TYPE_CHECKING:
    from provisioner.findings import Finding
    from tests.support import Command

COMPAT = load_compat()


def ask(**question: str) -> Matrix:
    """Ask for Linux, unless the question says otherwise."""
    return matrix(MatrixQuestion(**{"platform": "linux-x86_64", **question}))


def refusals(**question: str) -> list[Finding]:
    """Return the findings of a question that cannot be understood."""
    with pytest.raises(PlanError) as caught:
        ask(**question)
    assert {one.code for one in caught.value.findings} == {"TE332"}
    return list(caught.value.findings)


def shown(found: Matrix) -> str:
    """Return what a terminal without colours shows."""
    console = Console(width=200, color_system=None, force_terminal=False)
    with console.capture() as captured:
        print_matrix(console, found)
    return captured.get()


def builds(found: Matrix) -> list[tuple[str, str, str]]:
    """Return (torch, accelerator, index) of every row."""
    return [(row.build.torch, row.build.accelerator, row.build.index) for row in found.rows]


def test_no_filter_leaves_nothing_out() -> None:
    """Without a filter the matrix has every build of the data, each once."""
    every = [build for row in COMPAT.releases for build in COMPAT.builds(row.torch)]
    found = [row.build for row in ask(platform="all").rows]
    assert len(found) == len(every)
    assert {id(one) for one in found} == {id(one) for one in every}


def test_newest_first() -> None:
    """The newest torch is on top."""
    releases = [row.build.torch for row in ask().rows]
    assert releases[0] == COMPAT.newest.torch
    assert releases[-1] == COMPAT.releases[0].torch


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            {"torch": "2.1.0", "python": "3.11"},
            [
                ("2.1.0", "cpu", "pytorch"),
                ("2.1.0", "cu118", "pytorch"),
                ("2.1.0", "cu121", "default"),
                ("2.1.0", "cu121", "pytorch"),
                ("2.1.0", "rocm5.5", "pytorch"),
                ("2.1.0", "rocm5.6", "pytorch"),
            ],
        ),
        ({"torch": "2.1", "accelerator": "cu116"}, []),
        ({"torch": "2.1", "python": "3.12"}, []),
        (
            {"torch": "2.1.0", "accelerator": "cuda", "python": "3.11.7"},
            [
                ("2.1.0", "cu118", "pytorch"),
                ("2.1.0", "cu121", "default"),
                ("2.1.0", "cu121", "pytorch"),
            ],
        ),
        (
            {"torch": ">=2.2,<2.4", "platform": "macos-x86_64"},
            [
                (f"2.2.{patch}", "cpu", index)
                for patch in (2, 1, 0)
                for index in ("default", "pytorch")
            ],
        ),
    ],
)
def test_filters(question: dict[str, str], expected: list[tuple[str, str, str]]) -> None:
    """Each filter leaves out what does not fit; a family stands for its accelerators."""
    assert builds(ask(**question)) == expected


def test_latest_is_the_newest_of_the_data() -> None:
    """`latest` is one release."""
    assert {row.build.torch for row in ask(torch="latest").rows} == {COMPAT.newest.torch}


def test_rows_say_what_belongs_to_a_build() -> None:
    """Members, driver and GPU code stand beside the build."""
    (row,) = ask(torch="2.2.0", accelerator="cu118").rows
    assert (row.torchvision, row.torchaudio) == (("0.17.0",), ("2.2.0",))
    assert row.driver == "450.80.02"
    assert row.code == ("sm_37", "sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")


def test_drivers_are_those_of_the_platform() -> None:
    """The driver of Windows has numbers of its own; the CPU needs none."""
    (row,) = ask(torch="2.6.0", accelerator="cu126", platform="windows-x86_64").rows
    assert row.driver == "528.33"
    (cpu,) = ask(torch="2.6.0", accelerator="cpu").rows
    assert (cpu.driver, cpu.code) == (None, ())


def test_ptx_and_other_makers() -> None:
    """PTX is marked; ROCm and XPU name the architectures of their makers."""
    (ptx,) = ask(torch="2.7.0", accelerator="cu128").rows
    assert ptx.code is not None
    assert ptx.code[-1] == "sm_120+PTX"
    (rocm,) = ask(torch="2.9.1", accelerator="rocm6.4").rows
    assert rocm.code is not None
    assert "gfx1100" in rocm.code
    (xpu,) = ask(torch="2.9.1", accelerator="xpu").rows
    assert xpu.code is not None
    assert "bmg" in xpu.code


def test_what_is_not_known_is_said() -> None:
    """GPU code that nobody has looked at is `None`, not an empty list."""
    rows = ask(torch="2.15.0", accelerator="cu132").rows
    assert {row.code for row in rows} == {None}


def test_an_empty_answer_says_which_filter_did_it() -> None:
    """Without the filter that excludes everything there would be builds."""
    found = ask(torch="2.1", python="3.12")
    assert found.rows == ()
    assert [name for name, _ in found.without] == ["torch", "python"]
    assert shown(found).splitlines()[0] == "The compat data has no such build."
    assert "  without --python 3.12: 18 builds" in shown(found)


def test_the_table() -> None:
    """A build is a line; Pythons in a row are put together, and unsure ones are marked."""
    assert shown(ask(torch="2.6.0", accelerator="cu118")) == (
        "  torch  build  index    Python           torchvision  torchaudio  driver       GPU code\n"
        "  2.6.0  cu118  pytorch  3.9-3.13 3.13t?  0.21.0       2.6.0       ≥ 450.80.02  "
        "sm_37 sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90\n"
        "1 build for linux-x86_64; compat data of " + COMPAT.version + ".\n"
        "With `?`: not known whether there is one.\n"
    )


def test_markdown() -> None:
    """The Markdown table has a head, a rule, and as many cells in each line."""
    lines = markdown_table(ask(torch="2.6.0", platform="all")).splitlines()
    assert lines[0].startswith("| torch | platform | build |")
    assert lines[1] == "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    assert {line.count(" | ") for line in lines} == {8}


def test_questions_that_cannot_be_understood() -> None:
    """Every filter that is wrong is told, in one go, with what can be asked for."""
    found = refusals(torch="two", python="3", accelerator="cu999", platform="linux")
    assert [one.message for one in found] == [
        "`--torch` is `two`, which is not a version wish.",
        "`--python` is `3`, which names no minor version.",
        "`--accelerator` is `cu999`, which the compat data does not have.",
        "`--platform` is `linux`, which the compat data does not have.",
    ]
    assert found[2].do == "Take one of these: `cu129`, `cpu`."
    assert found[3].do == ("Take one of these: `linux-s390x`, `linux-x86_64`, `linux-aarch64`.")


def test_empty_and_endless_filters() -> None:
    """A filter that is there and says nothing is refused; a long one is not repeated in full."""
    found = refusals(torch="", python="", accelerator="", platform="", gpu="", driver="")
    assert len(found) == 6
    (finding,) = refusals(gpu="x" * 3000)
    assert finding.message.startswith(f"`--gpu` is `{'x' * 60}…`, which is no GPU")


def accelerators(found: Matrix) -> list[str]:
    """Return the accelerators of the rows, each once."""
    return list(dict.fromkeys(row.build.accelerator for row in found.rows))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ({"gpu": "RTX 4090", "torch": "2.6.0"}, ["cu118", "cu124", "cu126"]),
        ({"gpu": "RTX 5090", "torch": "2.6.0"}, []),
        ({"gpu": "RTX 5090", "torch": "2.7.1"}, ["cu128"]),
        ({"gpu": "GTX 1080", "torch": "2.13.0"}, ["cu126"]),
        ({"gpu": "Tesla K80", "torch": "2.5.1"}, ["cu118"]),
        ({"gpu": "sm_89", "torch": "2.13.0", "driver": "535.129.03"}, ["cu126", "cu129"]),
        ({"driver": "470.256.02", "torch": "2.4.1"}, ["cu118"]),
        ({"driver": "450", "torch": "2.4.1"}, ["cu118"]),
        ({"gpu": "MI300X", "torch": "2.9.1"}, ["rocm6.3", "rocm6.4"]),
        ({"gpu": "gfx1100", "torch": "2.9.1", "driver": "535"}, []),
        ({"gpu": "8086:e20b", "torch": "2.9.1"}, ["xpu"]),
    ],
)
def test_what_runs_on_a_gpu(question: dict[str, str], expected: list[str]) -> None:
    """A GPU and a driver leave the builds that compute there, as the planner judges them."""
    found = ask(**question)
    assert accelerators(found) == expected
    assert {row.runs for row in found.rows} <= {"yes"}


def test_what_is_not_known_to_run_stays() -> None:
    """A build whose code nobody has looked at is neither promised nor left out."""
    rows = ask(gpu="RTX 4090", torch="2.15.0", accelerator="cu132").rows
    assert {row.runs for row in rows} == {"unknown"}
    (not_validated,) = ask(gpu="ptl", torch="2.9.1").rows
    assert (not_validated.build.accelerator, not_validated.runs) == ("xpu", "unknown")


def test_the_best_build_is_sure() -> None:
    """The answer to "what can I install" exists, runs, and has a wheel for the Python."""
    found = ask(gpu="RTX 4090", python="3.12")
    assert found.arch == "sm_89"
    assert found.best is not None
    assert (found.best.runs, "3.12" in found.best.build.pythons) == ("yes", True)
    assert shown(found).splitlines()[-1] == (
        f'The newest that surely runs: python = "3.12", accelerator = '
        f'"{found.best.build.accelerator}", torch = "{found.best.build.torch}".'
    )
    assert ask(gpu="RTX 4090", torch="2.15.0").best is None
    assert ask(torch="2.6.0").best is None


def test_a_gpu_that_nobody_knows() -> None:
    """A name that is not known leads to near ones and to how to find the architecture."""
    (finding,) = refusals(gpu="RTX 4900")
    assert finding.message == ("`--gpu` is `RTX 4900`, which is no GPU that the compat data knows.")
    assert finding.do.startswith("Take one of these: `GeForce RTX 4090`,")
    (finding,) = refusals(gpu="something else")
    assert finding.do.startswith("Name its architecture: `nvidia-smi")


def test_a_driver_that_is_none() -> None:
    """The CUDA version that `nvidia-smi` shows is not a driver."""
    (finding,) = refusals(driver="CUDA 12")
    assert finding.message == "`--driver` is `CUDA 12`, which is not the version of a driver."


@pytest.mark.e2e
def test_the_command(torchenv: Command) -> None:
    """The command prints one JSON document, or a table; a wrong filter is refused."""
    done = torchenv("matrix", "--torch", "2.6.0", "--accelerator", "cu118", "--json")
    (build,) = json.loads(done.check().stdout)["builds"]
    assert (build["torch"], build["accelerator"], build["unsure"]) == ("2.6.0", "cu118", ["3.13t"])
    table = torchenv("matrix", "--torch", "2.6.0", "--markdown", "--platform", "all").check()
    assert table.stdout.startswith("| torch | platform |")
    refused = torchenv("matrix", "--platform", "amiga").check(2)
    assert refused.stderr.startswith("error TE332: `--platform` is `amiga`")
