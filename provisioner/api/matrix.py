"""``torchenv matrix``: the compat data as a table, filtered by what somebody has or wants."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from provisioner.api.host import host_facts
from provisioner.compat import load_compat
from provisioner.compat.matrix import MatrixRow, Wanted, matrix_rows
from provisioner.findings import Finding, PlanError
from provisioner.spec import Sources, UnfitError, check_python, parse_wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from packaging.specifiers import SpecifierSet

    from provisioner.compat import Compat

PYTORCH_INDEX: Final = Sources().pytorch
"""What the data of PyTorch's own index is compared with, unless another one is named."""
EVERYWHERE: Final = "all"
"""What ``platform`` says where it is no filter."""
_DRIVER: Final = re.compile(r"\d+(\.\d+){0,3}")
_SHOWN_LIMIT: Final = 60
"""Longest filter that a message repeats in full, in characters."""
_FAMILIES: Final = ("cpu", "cuda", "rocm", "xpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixQuestion:
    """What somebody has or wants, as they say it; None leaves a question open."""

    torch: str | None = None
    """Version wish as in a spec: ``2.6``, ``>=2.4,<2.8``, ``latest``."""
    accelerator: str | None = None
    """``cu128``, or a family: ``cuda``, ``rocm``."""
    python: str | None = None
    platform: str | None = None
    """``all`` for every platform; None is that of this machine."""
    gpu: str | None = None
    """A GPU by name or architecture: ``RTX 4090``, ``sm_89``, ``8.9``, ``gfx1100``. Leaves the
    builds that run on it, and those of which that is not known."""
    driver: str | None = None
    """An NVIDIA driver, ``535.129.03`` or ``535``; likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """An answer."""

    question: MatrixQuestion
    """With the platform that was meant."""
    rows: tuple[MatrixRow, ...]
    """Newest torch first."""
    version: str
    """Version of the compat data."""
    arch: str | None = None
    """Architecture of the GPU that was asked about."""
    without: tuple[tuple[str, int], ...] = ()
    """Where there are no rows: (filter, how many there would be without it)."""

    @property
    def best(self) -> MatrixRow | None:
        """The build to take where a GPU or driver was asked about, None where none is sure.

        It surely exists, for the Python that was asked about, and surely runs: of the newest such
        torch the one for the newest toolkit.
        """
        python = _minor(self.question.python) if self.question.python is not None else None
        sure = [
            row
            for row in self.rows
            if row.runs == "yes"
            and not row.build.is_doubtful
            and (python in row.build.pythons if python is not None else row.build.pythons)
        ]
        return next((row for row in reversed(sure) if row.build.torch == sure[0].build.torch), None)


def matrix(question: MatrixQuestion, *, compat: Compat | None = None) -> Matrix:
    """Return the builds that the compat data has for a question; offline.

    Args:
        question: What is asked.
        compat: The data; that of this torchenv by default.

    Raises:
        PlanError: ``TE332``, a filter that cannot be understood or names what does not exist.
    """
    data = compat or load_compat()
    asked = replace(question, platform=_here()) if question.platform is None else question
    rows = _rows(asked, data)
    return Matrix(
        question=asked,
        rows=rows,
        version=data.version,
        arch=data.hardware.arch_of(asked.gpu) if asked.gpu is not None else None,
        without=() if rows else tuple(_without(asked, data)),
    )


def _rows(question: MatrixQuestion, compat: Compat) -> tuple[MatrixRow, ...]:
    """Return the rows that fit all filters.

    Raises:
        PlanError: As :func:`matrix`.
    """
    rows = matrix_rows(compat, wanted_of(question, compat))
    if question.gpu is None and question.driver is None:
        return rows
    from provisioner.planner import runs_on

    arch = compat.hardware.arch_of(question.gpu) if question.gpu is not None else None
    judged = ((row, runs_on(row.build, compat, arch=arch, driver=question.driver)) for row in rows)
    return tuple(replace(row, runs=runs) for row, runs in judged if runs != "no")


def _here() -> str:
    return host_facts(gpus=False).platform


def wanted_of(question: MatrixQuestion, compat: Compat) -> Wanted:
    """Understand all filters.

    Raises:
        PlanError: As :func:`matrix`, with a finding for each filter.
    """
    problems = [*_problems(question, compat)]
    if problems:
        raise PlanError(problems)
    platform, wish = question.platform, question.torch
    return Wanted(
        torch=_torch(wish, compat) if wish is not None else None,
        accelerator=question.accelerator,
        python=_minor(question.python) if question.python is not None else None,
        platform=None if platform == EVERYWHERE else platform,
    )


def _torch(wish: str, compat: Compat) -> SpecifierSet:
    newest = wish.strip() == "latest"
    return parse_wish(f"=={compat.newest.torch}" if newest else wish).specifier


def _minor(python: str) -> str:
    """``3.12.4`` -> ``3.12``: wheels are for minor versions."""
    return ".".join(python.removesuffix("t").split(".")[:2]) + ("t" if python.endswith("t") else "")


def _problems(question: MatrixQuestion, compat: Compat) -> Iterator[Finding]:
    """Yield a finding for each filter that cannot be used."""
    yield from _version_problem("--torch", question.torch, parse_wish)
    yield from _version_problem("--python", question.python, check_python)
    accelerators = tuple(dict.fromkeys((*_FAMILIES, *compat.accelerators)))
    if question.accelerator is not None and question.accelerator not in accelerators:
        yield _unknown("--accelerator", question.accelerator, accelerators)
    platforms = (*compat.platforms, EVERYWHERE)
    if question.platform is not None and question.platform not in platforms:
        yield _unknown("--platform", question.platform, platforms)
    if question.gpu is not None and compat.hardware.arch_of(question.gpu) is None:
        yield _unknown_gpu(question.gpu, compat)
    if question.driver is not None and not _DRIVER.fullmatch(question.driver):
        yield _no_driver(question.driver)


def _version_problem(
    name: str, text: str | None, check: Callable[[str], object]
) -> Iterator[Finding]:
    try:
        if text is not None:
            check(text)
    except UnfitError as exc:
        yield _unfit(name, text or "", exc)


def _unfit(name: str, text: str, exc: UnfitError) -> Finding:
    instead = f" Write `{name} {exc.instead}`." if exc.instead else ""
    return Finding(
        code="TE332",
        message=f"`{name}` is `{_short(text)}`, {exc.what}.",
        why=exc.why,
        do=instead.strip() or f"Correct `{name}`.",
    )


def _unknown(name: str, text: str, known: Sequence[str]) -> Finding:
    near = get_close_matches(text.lower(), known, n=3, cutoff=0.5)
    shown = ", ".join(f"`{one}`" for one in near or known)
    return Finding(
        code="TE332",
        message=f"`{name}` is `{_short(text)}`, which the compat data does not have.",
        why="Only what some torch was published for can be asked for.",
        do=f"Take one of these: {shown}.",
    )


def _short(text: str) -> str:
    """Return a filter as a message repeats it."""
    return text if len(text) <= _SHOWN_LIMIT else f"{text[:_SHOWN_LIMIT]}…"


def _unknown_gpu(text: str, compat: Compat) -> Finding:
    near = ", ".join(f"`{name}`" for name in compat.hardware.near_gpus(text))
    return Finding(
        code="TE332",
        message=f"`--gpu` is `{_short(text)}`, which is no GPU that the compat data knows.",
        why="It knows GPUs by name (NVIDIA's from Kepler to Blackwell, AMD's) and by architecture; "
        "names that stand for two chips are left out.",
        do=(f"Take one of these: {near}." if near else "Name its architecture:")
        + " `nvidia-smi --query-gpu=compute_cap --format=csv` says `8.9`, and "
        "`rocm_agent_enumerator` says `gfx1100`.",
    )


def _no_driver(text: str) -> Finding:
    return Finding(
        code="TE332",
        message=f"`--driver` is `{_short(text)}`, which is not the version of a driver.",
        why="NVIDIA's drivers have versions like `535.129.03`; `535` stands for its whole branch.",
        do="Take what `nvidia-smi` shows as the driver version, not as the CUDA version.",
    )


def _without(question: MatrixQuestion, compat: Compat) -> Iterator[tuple[str, int]]:
    """Yield each filter whose absence would let builds through, and how many."""
    for name in ("torch", "accelerator", "python", "platform", "gpu", "driver"):
        if getattr(question, name) in {None, EVERYWHERE}:
            continue
        looser = replace(question, **{name: EVERYWHERE if name == "platform" else None})
        if count := len(_rows(looser, compat)):
            yield name, count
