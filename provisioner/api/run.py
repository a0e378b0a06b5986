"""``torchenv run``, ``shell`` and ``which``: an environment that something can be started in."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from provisioner.findings import Finding, Severity, WorldError
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from provisioner.environment import Status
    from provisioner.events import Reporter
    from provisioner.spec import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """An environment that programs can be started in."""

    link: Path
    """The environment's path."""
    folder: Path
    """The generation that it leads to, absolute."""
    findings: tuple[Finding, ...]
    """Warnings: where it was not to be applied, what is not as the lock says."""


def make_ready(
    spec: Spec,
    *,
    may_apply: bool,
    target: str | None = None,
    wait: bool = True,
    reporter: Reporter | None = None,
) -> Ready:
    """Return the spec's environment, applied first where it is behind and that is wanted.

    An environment that is current is neither waited for nor written to. Where it is behind and must
    not be applied, it is taken as it is as long as it is whole: made from an older lock, or with
    files added. That is told as a warning.

    Raises:
        PlanError: The combination cannot be.
        WorldError: There is no whole environment and none may be made (``TE635``), or network,
            disk, interpreter or place said no.
        VerificationError: Lock, wheel or finished environment is not what it should be.
    """
    from provisioner.api.status import status

    found = status(spec, target=target)
    if found.state == "current":
        return _as_it_is(found)
    if may_apply:
        from provisioner.api.apply import apply

        done = apply(spec, target=target, wait=wait, reporter=reporter)
        return Ready(link=done.link, folder=done.folder, findings=done.findings)
    if found.made is None or found.state not in {"stale", "drifted"}:
        raise WorldError(_not_ready(found, os.environ))
    return _as_it_is(found)


def present(spec: Spec) -> Ready:
    """Return the spec's environment as it is, without comparing it with anything.

    Raises:
        WorldError: There is none that torchenv made (``TE635``).
    """
    from provisioner.environment import Ours, inspect_environment

    found = inspect_environment(spec.path)
    if not isinstance(found, Ours) or found.state is None:
        raise WorldError(_none_there(spec.path))
    return Ready(link=spec.path, folder=found.generation.folder, findings=())


def find_program(ready: Ready, name: str | None) -> Path:
    """Return a program of the environment by the generation's own path; its Python by default.

    Raises:
        WorldError: The environment has no such program (``TE636``).
    """
    path = ready.folder / "bin" / (name or "python")
    if not os.access(path, os.X_OK) or path.is_dir():
        raise WorldError(_no_such_program(ready, name or "python"))
    return path


def may_apply_by_default(environ: Mapping[str, str]) -> bool:
    """Whether an environment that is behind is applied unasked: not where nobody watches."""
    from provisioner.host import probe_unattended

    return probe_unattended(environ) is None


def _as_it_is(found: Status) -> Ready:
    warnings = tuple(
        replace(one, severity=Severity.WARNING) if one.severity is Severity.ERROR else one
        for one in found.findings
    )
    folder = (found.link.parent / found.link.readlink()).absolute()
    return Ready(link=found.link, folder=folder, findings=warnings)


def _not_ready(found: Status, environ: Mapping[str, str]) -> Finding:
    from provisioner.host import probe_unattended

    unattended = probe_unattended(environ)
    reason = f"This is {unattended}, where" if unattended else "You said `--no-apply`, with which"
    seen = " ".join(one.message for one in found.findings)
    return Finding(
        code="TE635",
        message=f"The environment `{display(found.link)}` is not ready: it is {found.state}.",
        why=f"{reason} nothing is applied.{f' Seen: {seen}' if seen else ''}",
        do="Run `torchenv apply` before, where there is a network, or say `--apply`.",
    )


def _none_there(link: Path) -> Finding:
    return Finding(
        code="TE635",
        message=f"There is no environment of torchenv at `{display(link)}`.",
        why="It was not applied yet, is incomplete, or another tool made what is there.",
        do="Run `torchenv apply`.",
    )


def _no_such_program(ready: Ready, name: str) -> Finding:
    return Finding(
        code="TE636",
        message=f"The environment `{display(ready.link)}` has no program `{name}`.",
        why=f"`{display(ready.folder / 'bin')}` has no executable file of that name.",
        do="Add the package that brings it: `torchenv add NAME`.",
    )
