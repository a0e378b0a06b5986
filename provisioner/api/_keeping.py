"""Planning so that what is locked stays: the locked trio is planned again where the spec admits it.

The planner takes the newest release that satisfies a wish. With newer compat data that may be
another one than the lock has, although nobody asked for a change.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from provisioner.compat import load_compat
from provisioner.findings import Finding, Severity
from provisioner.host import probe_host
from provisioner.planner import Refusal
from provisioner.planner import plan as make_plan
from provisioner.spec import Follow, VersionWish

if TYPE_CHECKING:
    from provisioner.lockfile import Lock, Upgrade
    from provisioner.planner import Plan
    from provisioner.spec import CompanionWish, Spec


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
    verdict = make_plan(pinned, load_compat(), probe_host(os.environ))
    if isinstance(verdict, Refusal):
        return planned
    kept = next(one for one in verdict.plans if one.target.name == planned.target.name)
    if kept.torch.public == planned.torch.public:
        return planned
    return replace(kept, findings=(*kept.findings, _kept(kept, planned)))


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
