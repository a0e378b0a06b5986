"""Knowing whether a lock is still right for its spec, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.findings import Finding, Severity, Where
from provisioner.paths import display
from provisioner.spec import spec_digest, spec_inputs

if TYPE_CHECKING:
    from provisioner.lockfile._types import Lock
    from provisioner.planner import Plan
    from provisioner.spec import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class InputChange:
    """One key of the spec that says something else than when the lock was made."""

    key: str
    """Dotted, ``dependencies.numpy``."""
    was: str | None
    """What the lock was made from; None where the key was not there."""
    now: str | None
    template: str | None = None
    """The template that it stands in now, as a user would type it; None for the spec itself."""

    def __str__(self) -> str:
        """Return a sentence."""
        place = "" if self.template is None else f", in `{self.template}`"
        if self.was is None:
            return f"`{self.key}` is new: `{self.now}`{place}."
        if self.now is None:
            return f"`{self.key}` is gone; it was `{self.was}`."
        return f"`{self.key}` is `{self.now}`{place}; it was `{self.was}`."


def input_changes(lock: Lock, spec: Spec) -> tuple[InputChange, ...]:
    """Return the keys of the spec that changed since the lock was made, sorted.

    Empty where nothing did, and for a lock of the first torchenv, which kept a digest only.
    """
    if not lock.inputs:
        return ()
    was, now = dict(lock.inputs), spec_inputs(spec)
    return tuple(
        InputChange(key=key, was=was.get(key), now=now.get(key), template=_template_of(key, spec))
        for key in sorted(was.keys() | now.keys())
        if was.get(key) != now.get(key)
    )


def _template_of(key: str, spec: Spec) -> str | None:
    """Return the template that has a key, None where it is the spec's own or nowhere."""
    own = next((one for one in spec.dependencies if key == f"dependencies.{one.name}"), None)
    file = spec.where(key).file if own is None else spec.where_dependency(own, key).file
    stands = own is not None or spec.line_of(key) is not None
    return file if stands and file != spec.shown else None


def compat_note(lock: Lock, planned: Plan, version: str) -> Finding | None:
    """Return what a newer torchenv would plan otherwise, None where its data is the lock's.

    A lock stays right all the same.

    Args:
        lock: The lock as it was read.
        planned: Today's plan for its target.
        version: Of today's compat data.
    """
    if lock.compat_version == version:
        return None
    was, now = ({one.name: one.version for one in trio} for trio in (lock.trio, planned.trio))
    lines = [
        f"A new lock would have `{name} {now[name]}`; locked is `{was.get(name, 'none')}`."
        for name in now
        if now[name] != was.get(name)
    ]
    old, new = (
        {one.requirement for one in those} for those in (lock.constraints, planned.constraints)
    )
    lines += [f"`{one}` is a constraint now." for one in sorted(new - old)]
    lines += [f"`{one}` is no constraint any more." for one in sorted(old - new)]
    return Finding(
        code="TE466",
        severity=Severity.NOTE,
        message=f"`{display(lock.file)}` was made with compat data {lock.compat_version}; "
        f"this torchenv has {version}.",
        why="\n".join(lines) or "Today's plan is the same.",
        do="Nothing: newer data makes no lock stale. `torchenv lock --upgrade` goes by it.",
        where=Where(file=display(lock.file)),
    )


def staleness(lock: Lock, spec: Spec, platform: str) -> Finding | None:
    """Return why the lock must be made anew for this spec, or None where it is right.

    Args:
        lock: The lock as it was read.
        spec: The spec as it is now.
        platform: What the spec is locked for: its own platform, else this machine's.

    A lock of another target or platform is ``TE425``, a change of the spec ``TE426``. Newer compat
    data alone makes no lock stale.
    """
    if lock.target.name != spec.sole.name:
        return foreign_lock(lock, spec)
    if lock.target.platform != platform:
        return Finding(
            code="TE425",
            message=f"`{display(lock.file)}` is for {lock.target.platform}, this is {platform}.",
            why="A lock without named platform is for the kind of machine that it was made on.",
            do="Run `torchenv lock` to lock for this machine, or name the platform in the spec.",
            where=Where(file=display(lock.file)),
        )
    if lock.spec_digest == spec_digest(spec):
        return None
    changes = input_changes(lock, spec)
    return Finding(
        code="TE426",
        message=f"`{display(lock.file)}` was made from another state of the spec.",
        why="\n".join(map(str, changes))
        or f"`{display(spec.file)}` has changed since in a way that changes what is resolved.",
        do="Run `torchenv lock`, or `torchenv apply`, which locks first.",
        where=_first_place(changes, spec) or Where(file=display(lock.file)),
    )


def foreign_lock(lock: Lock, spec: Spec) -> Finding:
    """Return the finding for the lock of another spec at the place of this one's.

    ``a.toml`` with a target ``b`` and ``a-b.toml`` without targets have locks of the same name.
    """
    name = lock.target.name
    theirs = "a spec without targets" if name is None else f"the target `{name}` of a spec"
    own = spec.sole.name
    ours = "has no targets" if own is None else f"means its own target `{own}`"
    return Finding(
        code="TE425",
        message=f"`{display(lock.file)}` is the lock of {theirs}.",
        why=f"`{spec.shown}` {ours}, and a lock of another spec is never overwritten.",
        do="Rename the spec or the target, so that their locks have different names; or remove the "
        "file if its spec is gone.",
        where=Where(file=display(lock.file)),
    )


def _first_place(changes: tuple[InputChange, ...], spec: Spec) -> Where | None:
    """Return the first changed key that stands in the spec, with its line."""
    for change in changes:
        where = spec.where(change.key)
        if where.line is not None:
            return where
    return None
