"""What each command adds to its JSON document (``provisioner.documents`` has the models)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provisioner.urls import strip_credentials

if TYPE_CHECKING:
    from provisioner._api import Locked, Planned
    from provisioner.environment import Applied, Changes, Proof, Status
    from provisioner.planner import Plan

_TARGET = "default"
"""The name of the one target of a spec that names none."""


def plan_body(planned: Planned) -> dict[str, Any]:
    """Return the chosen builds by target, and what an apply would change."""
    return {
        "targets": {_TARGET: _target(planned.plan)},
        "changes": _changes(planned.changes) if planned.changes is not None else None,
    }


def lock_body(locked: Locked) -> dict[str, Any]:
    """Return where the lock is and what it holds."""
    return {
        "file": str(locked.lock.file),
        "digest": locked.lock.digest,
        "written": locked.written,
        "packages": [
            {
                "name": package.name,
                "version": package.version,
                "size": package.wheel.size,
                "index": package.index,
            }
            for package in locked.lock.packages
        ],
    }


def apply_body(applied: Applied) -> dict[str, Any]:
    """Return what was done and what was proven."""
    return {
        "did": applied.did,
        "environment": str(applied.link),
        "generation": applied.folder.name,
        "changes": _changes(applied.changes),
        "proof": _proof(applied.proof),
    }


def status_body(status: Status) -> dict[str, Any]:
    """Return the state and what an apply would change."""
    return {
        "state": status.state,
        "environment": str(status.link),
        "generation": status.generation,
        "changes": _changes(status.changes) if status.changes is not None else None,
        "proof": _proof(status.made.proof) if status.made is not None else None,
    }


def _target(plan: Plan) -> dict[str, Any]:
    versions = {build.name: build.version for build in plan.trio}
    return {
        "platform": plan.target.platform,
        "python": plan.target.python,
        "accelerator": plan.target.accelerator,
        "torch": versions["torch"],
        "torchvision": versions.get("torchvision"),
        "torchaudio": versions.get("torchaudio"),
        "index": strip_credentials(plan.index_url or "default"),
        "constraints": [
            {"requirement": one.requirement, "why": one.why, "source": one.source}
            for one in plan.constraints
        ],
    }


def _changes(changes: Changes) -> dict[str, Any]:
    return {
        "added": [{"name": one.name, "version": one.after} for one in changes.added],
        "removed": [{"name": one.name, "version": one.before} for one in changes.removed],
        "changed": [
            {"name": one.name, "from": one.before, "to": one.after} for one in changes.changed
        ],
        "unchanged": len(changes.unchanged),
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {
        "versions": dict(proof.versions),
        "build": proof.build,
        "operations": list(proof.operations),
        "gpus": proof.gpus,
        "notes": list(proof.notes),
    }
