"""Parts of the JSON documents of several commands (``provisioner.documents`` has the models)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from provisioner.urls import strip_credentials

if TYPE_CHECKING:
    from provisioner.environment import Change, Changes, Proof, Removal, Unused
    from provisioner.planner import AutoChoice, Plan

TARGET: Final = "default"
"""How documents call the one target of a spec that names none."""


def target(plan: Plan) -> dict[str, Any]:
    """Return what is chosen for one target."""
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
        "auto": None if plan.auto is None else _auto(plan.auto),
        "explanation": list(plan.explanation),
    }


def _auto(chosen: AutoChoice) -> dict[str, Any]:
    return {
        "reason": chosen.reason,
        "considered": [
            {"accelerator": accelerator, "found": found} for accelerator, found in chosen.considered
        ],
    }


def changes(found: Changes) -> dict[str, Any]:
    """Return the difference between an environment and its lock."""
    return {
        "added": [
            {
                **_why(one),
                "version": one.after,
                "size": one.size_bytes,
                "startup": list(one.startup),
            }
            for one in found.added
        ],
        "removed": [{**_why(one), "version": one.before} for one in found.removed],
        "changed": [
            {
                **_why(one),
                "from": one.before,
                "to": one.after,
                "size": one.size_bytes,
                "startup": list(one.startup),
            }
            for one in found.changed
        ],
        "unchanged": len(found.unchanged),
    }


def _why(change: Change) -> dict[str, Any]:
    return {"name": change.name, "reason": change.reason, "detail": change.detail}


def proof(seen: Proof) -> dict[str, Any]:
    """Return what was seen from inside an environment."""
    return {
        "versions": dict(seen.versions),
        "build": seen.build,
        "operations": list(seen.operations),
        "gpus": seen.gpus,
        "notes": list(seen.notes),
    }


def removal(found: Removal, *, did: bool) -> dict[str, Any]:
    """Return what was, or would be, removed of an environment."""
    return {
        "environment": str(found.link),
        "removed": list(found.generations),
        "bytes": found.size_bytes,
        "kept": [str(path) for path in found.kept],
        "did": did,
    }


def unused(found: Unused | None) -> dict[str, Any] | None:
    """Return what was, or would be, removed from the store since no environment uses it."""
    if found is None:
        return None
    return {
        "copies": found.copies,
        "records": found.records,
        "bytes": found.size_bytes,
        "busy": found.busy,
    }
