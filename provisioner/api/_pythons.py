"""Planning where the Python is left open: what is locked stays, else what is here comes first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.api._locks import read_own_lock
from provisioner.api.host import host_pythons
from provisioner.findings import TorchenvError
from provisioner.planner import Plans

if TYPE_CHECKING:
    from provisioner.compat import Compat
    from provisioner.host import HostFacts
    from provisioner.planner import Verdict
    from provisioner.spec import Spec


def plan_pythons(  # noqa: PLR0913 - keywords of its callers
    spec: Spec,
    compat: Compat,
    host: HostFacts,
    *,
    is_here: bool = True,
    explain: bool = False,
    keep: bool = True,
) -> Verdict:
    """Plan a spec; of a range of Pythons, the one that is locked stays where the spec admits it.

    Args:
        spec: What is wanted.
        compat: What exists.
        host: The machine that plans.
        is_here: Whether that is this very machine, whose Pythons can be asked.
        explain: Whether each plan says what was decided and checked.
        keep: Whether what is locked counts.
    """
    from provisioner.planner import plan as make_plan

    if not spec.has_range:
        return make_plan(spec, compat, host, explain=explain)
    if keep and (locked := _locked(spec)):
        verdict = make_plan(spec.with_pythons(locked), compat, host, explain=explain)
        if isinstance(verdict, Plans):
            return verdict
    host = _with_pythons(spec, host) if is_here else host
    return make_plan(spec, compat, host, explain=explain)


def _with_pythons(spec: Spec, host: HostFacts) -> HostFacts:
    """Say which Pythons this machine has, where that matters: for a range of a sole target.

    What is planned for several targets must not depend on who does it.
    """
    if len(spec.targets) + len(spec.siblings) > 1:
        return host
    return replace(host, pythons=pythons_here())


def pythons_here() -> tuple[str, ...]:
    """Return the minor versions of Python that this machine has."""
    return tuple(dict.fromkeys(one.minor for one in host_pythons() if one.is_usable))


def _locked(spec: Spec) -> dict[str, str]:
    """Return range to the Python that is locked for it; nothing where one is not admitted."""
    from packaging.specifiers import SpecifierSet

    chosen: dict[str, str] = {}
    whole = spec.widened
    for target in whole.targets:
        if not target.has_range:
            continue
        one = whole.narrowed(target.name)
        if not one.lock_file.exists():
            return {}
        try:
            python = read_own_lock(one).target.python
        except TorchenvError:
            # Who reads the lock for its own sake says what is wrong with it.
            return {}
        if not SpecifierSet(target.python).contains(python.removesuffix("t")):
            return {}
        chosen.setdefault(target.python, python)
    return chosen
