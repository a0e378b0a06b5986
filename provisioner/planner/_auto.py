"""``accelerator = "auto"``: whose builds to look at, by what is known of the machines.

A maker's builds are taken where its driver works and some release that the spec admits has a build
that runs on all of its GPUs; of that release the newest such build is taken. Where there is no GPU,
or no build for any of them, that is the CPU's build. GPUs that have builds, but no common one, are
a question that only the user can answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from packaging.specifiers import SpecifierSet

from provisioner.planner._judge import Choice, judge, variants
from provisioner.planner._machine_rules import MAKERS
from provisioner.planner._request import AUTO
from provisioner.planner._search import search

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.compat import Compat, Kind
    from provisioner.host import FactState
    from provisioner.planner._judge import Verdict
    from provisioner.planner._machine import Machine, Maker, TargetGpu
    from provisioner.planner._request import Request

Outcome = Literal["gpu", "no gpu", "macos", "broken", "not known", "no build", "split", "elsewhere"]
"""Why a kind was taken: the last two are no choice, but questions."""


class Auto(NamedTuple):
    """What ``auto`` stands for on one target."""

    request: Request
    """The request, with the kind of builds to look at."""
    outcome: Outcome
    kind: Kind
    """Whose builds were taken, or would have been."""
    gpus: tuple[TargetGpu, ...] = ()
    """The GPUs of that kind."""
    serving: Choice | None = None
    """For GPUs that are not served: the newest torch of all that serves them."""
    lenient: Choice | None = None
    """For GPUs without a common build: the newest that serves some of them."""


def resolve(request: Request, compat: Compat) -> Auto:
    """Decide whose builds ``auto`` takes."""
    machine = request.machine
    cpu = request._replace(kind="cpu")
    if request.platform.startswith("macos"):
        return Auto(request=cpu, outcome="macos", kind="cpu")
    if not machine.here and not machine.said & {"driver", "gpus"}:
        return Auto(request=cpu, outcome="elsewhere", kind="cpu")
    working = [kind for kind in MAKERS if _is_worth_asking(machine, kind, compat)]
    for kind in working:
        strict = request._replace(kind=kind, machine=machine._replace(strict=True))
        if search((strict,), compat).choices:
            gpus = machine.gpus_of(MAKERS[kind])
            return Auto(request=strict, outcome="gpu", kind=kind, gpus=gpus)
    if working:
        return _unserved(request, working[0], compat)
    states = {maker: machine.state(maker) for maker in MAKERS.values()}
    return Auto(request=cpu, outcome=_without_driver(states), kind="cpu")


def _is_worth_asking(machine: Machine, kind: Kind, compat: Compat) -> bool:
    """Whether the driver of a kind works, and has more than graphics inside a processor.

    Intel's driver also serves GPUs that XPU builds were never validated for. Whoever wants to try
    one names the accelerator.
    """
    if machine.state(MAKERS[kind]) != "present":
        return False
    gpus = machine.gpus_of(MAKERS[kind])
    validated = {arch for row in compat.hardware.xpu_codes for arch in row.archs}
    return kind != "xpu" or not gpus or any(gpu.arch in validated for gpu in gpus)


def _without_driver(states: Mapping[Maker, FactState]) -> Outcome:
    if "unreadable" in states.values():
        return "broken"
    # Intel's and AMD's are often not known on systems that torch has no builds for them on.
    return "not known" if states["nvidia"] == "unknown" else "no gpu"


def _unserved(request: Request, kind: Kind, compat: Compat) -> Auto:
    """Decide about GPUs of which no admitted release serves all."""
    gpus = request.machine.gpus_of(MAKERS[kind])
    lenient = request._replace(kind=kind)
    strict = lenient._replace(machine=request.machine._replace(strict=True))
    anything = strict._replace(torch=SpecifierSet(), askers=()).without_pins()
    serving = next(iter(search((anything,), compat).choices), None)
    partly = next(iter(search((lenient,), compat).choices), None)
    return Auto(
        request=request._replace(kind="cpu"),
        outcome="no build" if partly is None else "split",
        kind=kind,
        gpus=gpus,
        serving=serving,
        lenient=partly,
    )


def considered(auto: Auto, choice: Choice, compat: Compat) -> tuple[tuple[str, Verdict], ...]:
    """Return each accelerator of the kind with what the chosen release is for it."""
    release = compat.release(choice.build.torch)
    if release is None or auto.kind == "cpu":
        return ()
    request = auto.request._replace(accelerator=AUTO, kind=auto.kind)
    return tuple(
        (one.accelerator, judge(one, release, compat)) for one in variants(request, release, compat)
    )
