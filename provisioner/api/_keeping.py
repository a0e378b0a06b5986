"""Planning so that what is locked stays, and that nothing is chosen that is too new.

The planner takes the newest release that satisfies a wish. With newer compat data that may be
another one than the lock has, although nobody asked for a change: the locked trio is then planned
again. Where releases must have some age, younger ones are taken out of the wish.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from provisioner.api._beyond import known_for
from provisioner.api.host import host_for
from provisioner.compat import load_compat
from provisioner.findings import Finding, PlanError, Severity, Where
from provisioner.planner import Refusal
from provisioner.planner import plan as make_plan
from provisioner.spec import Follow, VersionWish

if TYPE_CHECKING:
    from provisioner.compat import Compat
    from provisioner.lockfile import Lock, Upgrade
    from provisioner.planner import ChosenBuild, Plan, Verdict
    from provisioner.spec import CompanionWish, Spec


def settle_trio(
    spec: Spec, planned: Plan, lock: Lock | None, upgrade: Upgrade, newest: datetime | None
) -> Plan:
    """Return the plan as it is to be locked.

    Args:
        spec: What is wanted.
        planned: The planner's own choice for it.
        lock: The lock as it is, None where there is none to keep anything of.
        upgrade: What may change all the same.
        newest: The instant after which nothing may have been released; None for no limit.

    Raises:
        PlanError: ``TE437``, only releases that are too new satisfy the spec.
    """
    if newest is not None:
        spec = _aged(spec, newest)
        if _young(planned, newest):
            planned = _plan_aged(spec, planned, newest)
    return keep_trio(spec, planned, lock, upgrade)


def _aged(spec: Spec, newest: datetime) -> Spec:
    """Return the spec with a wish that admits no torch that was released after ``newest``."""
    young = [one.torch for one in load_compat().releases if _is_young(one.date, newest)]
    admitted = spec.torch.specifier & SpecifierSet(",".join(f"!={one}" for one in young))
    return replace(spec, torch=replace(spec.torch, specifier=admitted))


def _plan_aged(spec: Spec, planned: Plan, newest: datetime) -> Plan:
    verdict = _replanned(spec, planned, load_compat())
    if isinstance(verdict, Refusal):
        raise PlanError(_too_young(spec, planned, newest))
    aged = next(one for one in verdict.plans if one.target.name == planned.target.name)
    if _young(aged, newest):
        raise PlanError(_too_young(spec, aged, newest))
    return aged


def _young(planned: Plan, newest: datetime) -> list[tuple[str, str]]:
    """Return (``torch 2.9.1``, day of its release) of each planned release that is too new."""
    dates = [(f"{one.name} {one.public}", _released(one)) for one in planned.trio]
    # What was derived from an index has no day; it came after the data, and is not let through.
    return [
        (name, day or "on a day that is not known")
        for name, day in dates
        if day is None or _is_young(day, newest)
    ]


def _released(build: ChosenBuild) -> str | None:
    compat = load_compat()
    if build.name == "torch":
        release = compat.release(build.public)
        return release.date if release is not None else None
    member = compat.members.get((build.name, build.public))
    return member.date if member is not None else None


def _is_young(day: str, newest: datetime) -> bool:
    """Whether a release of that day may have come after ``newest``; only the day is known."""
    return datetime.fromisoformat(f"{day}T00:00:00+00:00") >= newest


def _too_young(spec: Spec, planned: Plan, newest: datetime) -> Finding:
    listed = ", ".join(f"`{name}` ({day})" for name, day in _young(planned, newest))
    key = "sources.exclude-newer"
    return Finding(
        code="TE437",
        message=f"The spec is satisfied by releases only that are too new: {listed}.",
        why=f"`exclude-newer` admits what was released before {newest:%Y-%m-%d %H:%M} UTC.",
        do="Name an older torch, or a later date.",
        where=Where(file=spec.shown, line=spec.line_of(key), key=key),
    )


def keep_trio(spec: Spec, planned: Plan, lock: Lock | None, upgrade: Upgrade) -> Plan:
    """Return the plan with the trio that ``lock`` has, where the spec admits it, else ``planned``.

    Args:
        spec: What is wanted.
        planned: The planner's own choice for it.
        lock: The lock as it is, None where there is none to keep anything of.
        upgrade: What may change all the same.
    """
    if lock is None or upgrade.trio:
        return planned
    locked = {build.name: build.public for build in lock.trio}
    if locked == {build.name: build.public for build in planned.trio}:
        return planned
    wish = _pinned(spec.torch, locked.get("torch"))
    if not isinstance(wish, VersionWish):
        return planned
    pinned = replace(
        spec,
        torch=wish,
        torchvision=_pinned(spec.torchvision, locked.get("torchvision")),
        torchaudio=_pinned(spec.torchaudio, locked.get("torchaudio")),
    )
    verdict = _replanned(pinned, planned)
    if isinstance(verdict, Refusal):
        return planned
    kept = next(one for one in verdict.plans if one.target.name == planned.target.name)
    if kept.torch.public == planned.torch.public:
        return planned
    return replace(kept, findings=(*kept.findings, _kept(kept, planned)))


def align_trio(spec: Spec, planned: Plan, first: Plan) -> Plan:
    """Return the plan with the torch of the first target, where the spec and the target admit it.

    Args:
        spec: The spec, narrowed to the target of ``planned``.
        planned: What is chosen for the target alone.
        first: What is chosen for the first target.
    """
    if planned.torch.public == first.torch.public:
        return planned
    wish = _pinned(spec.torch, first.torch.public)
    if not isinstance(wish, VersionWish):
        return planned
    verdict = _replanned(replace(spec, torch=wish), planned)
    if isinstance(verdict, Refusal):
        return planned
    return verdict.of(planned.target.name)


def _replanned(spec: Spec, planned: Plan, compat: Compat | None = None) -> Verdict:
    """Plan a spec with another wish for the trio, with the Python that was planned if it can be.

    Args:
        spec: What is wanted now.
        planned: What was chosen for one of its targets.
        compat: What exists; by default what is known for the spec.
    """
    host = host_for(spec)
    compat = compat or known_for(spec).compat
    target = spec.target(planned.target.name)
    same = spec.with_pythons({target.python: planned.target.python}) if target.has_range else spec
    verdict = make_plan(same, compat, host)
    if isinstance(verdict, Refusal) and target.has_range:
        return make_plan(spec, compat, host)
    return verdict


def _pinned(wish: CompanionWish, version: str | None) -> CompanionWish:
    """Return ``wish`` narrowed to the locked version, or unchanged where that does not do."""
    if version is None:
        return wish
    pin = VersionWish(text=version, specifier=SpecifierSet(f"=={version}"))
    match wish:
        case VersionWish():
            return pin if wish.specifier.contains(version, prereleases=True) else wish
        case Follow():
            return pin
        case _:
            return wish


def _kept(kept: Plan, planned: Plan) -> Finding:
    return Finding(
        code="TE436",
        severity=Severity.NOTE,
        message=f"`torch {kept.torch.public}` stays, as it is locked.",
        why=f"The spec admits `torch {planned.torch.public}` too, and does not demand it.",
        do="Nothing, or run `torchenv lock --upgrade-package torch` to take it.",
    )
