"""The JSON documents of the commands: what they hold, and that they match their schemas."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from provisioner.documents import COMMANDS, document
from provisioner.documents._parts import AddedModel, ChangesModel, VersionChangeModel
from provisioner.findings import Combination, Finding, Severity, Where
from provisioner.spec.schema import render_schemas
from tests.spec.json_schema import errors

ERROR = Finding(
    code="TE202",
    message="`torch 2.1.0` was never published for `cu116`.",
    why="It was published for cu118 and cu121.",
    do="Take one of these.",
    where=Where(file="torchenv.toml", line=3, key="environment.accelerator"),
    alternatives=(
        Combination(
            python="3.10",
            accelerator="cu116",
            torch="1.13.1",
            torchvision="0.14.1",
            torchaudio=None,
        ),
    ),
)
NOTE = Finding(code="TE407", severity=Severity.NOTE, message="m", why="w", do="d")

TARGET = {
    "platform": "linux-x86_64",
    "python": "3.11",
    "accelerator": "cpu",
    "torch": "2.13.0+cpu",
    "torchvision": None,
    "torchaudio": None,
    "index": "https://download.pytorch.org/whl/cpu",
    "constraints": [{"requirement": "numpy<2", "why": "w", "source": "s"}],
    "auto": {"reason": "r", "considered": [{"accelerator": "cpu", "found": "does"}]},
    "explanation": ["One sentence."],
}
CHANGES = {
    "added": [
        {
            "name": "torch",
            "reason": "not installed",
            "detail": "",
            "version": "2.13.0+cpu",
            "size": 191,
            "startup": ["a.pth"],
        }
    ],
    "removed": [],
    "changed": [
        {
            "name": "pip",
            "reason": "damaged",
            "detail": "1 missing",
            "from": "26.3",
            "to": "26.3",
            "size": 18,
            "startup": [],
        }
    ],
    "unchanged": 3,
}
PROOF = {
    "versions": {"torch": "2.13.0+cpu"},
    "build": None,
    "operations": ["tensor"],
    "gpus": 0,
    "notes": [],
}
FACTS: dict[str, object] = {
    "platform": "linux-x86_64",
    "libc": "glibc",
    "libc_version": "2.35",
    "macos_version": None,
    "bits": 64,
    "container": False,
    "wsl": None,
    "rosetta": False,
    "nvidia": {
        "state": "present",
        "driver": "535.129.03",
        "gpus": [{"name": "Tesla T4", "arch": "sm_75"}, {"name": None, "arch": None}],
        "evidence": "NVML",
    },
    "amd": {"state": "unknown", "driver": None, "gpus": [], "evidence": ""},
    "intel": {"state": "absent", "driver": None, "gpus": [], "evidence": "e"},
    "evidence": {"libc": "e"},
}
EDITED: dict[str, object] = {
    "spec": "torchenv.toml",
    "written": True,
    "lock": "0" * 64,
    "environment": ".venv",
    "generation": "0001",
    "changes": CHANGES,
}
UNUSED: dict[str, object] = {"copies": 1, "records": 1, "bytes": 4096, "busy": False}
REMOVED: dict[str, object] = {
    "environment": ".venv",
    "removed": ["0001"],
    "bytes": 1,
    "kept": [],
    "did": True,
}
CAUSE: dict[str, object] = {
    "category": "network-dns",
    "code": "TE811",
    "confidence": "certain",
    "title": "t",
    "cause": "c",
    "fix": "f",
    "evidence": ["e"],
    "source": "s",
    "ask": "a",
}
READ: dict[str, object] = {
    "torch": "2.1.0",
    "accelerator": "cu118",
    "python": "3.11",
    "system": "linux",
    "machine": "x86_64",
    "status": None,
    "library": None,
    "gpu": None,
    "driver": None,
    "cuda": None,
}
BODIES: dict[str, dict[str, object]] = {
    "init": {"spec": "torchenv.toml", "text": "x", "notes": ["n"], "ignored": True},
    "doctor": {
        "environment": {
            "path": ".venv",
            "kind": "venv",
            "python": "3.11",
            "generation": None,
            "packages": [{"name": "torch", "version": "2.13.0+cpu"}],
        },
        "evidence": [["e"]],
        "fixed": [],
    },
    "explain": {"causes": [CAUSE], "facts": READ, "exit_code": None, "spec": None},
    "host": {
        "facts": FACTS,
        "pythons": [
            {
                "path": "/usr/bin/python3.11",
                "version": "3.11.7",
                "implementation": "CPython",
                "free_threaded": False,
                "bits": 64,
            }
        ],
    },
    "matrix": {
        "version": "2026-11-24",
        "platform": "linux-x86_64",
        "builds": [
            {
                "torch": "2.6.0",
                "platform": "linux-x86_64",
                "accelerator": "cu118",
                "index": "pytorch",
                "pythons": ["3.9"],
                "unsure": ["3.13t"],
                "torchvision": ["0.21.0"],
                "torchaudio": [],
                "driver": None,
                "code": None,
                "runs": "yes",
                "known": "listed",
                "sources": ["DAN"],
            }
        ],
    },
    "add": EDITED,
    "remove": EDITED,
    "upgrade": EDITED,
    "gc": {**REMOVED, "unused": UNUSED},
    "destroy": REMOVED,
    "kernel": {"name": "project", "folder": "/k/project", "did": True},
    "store": {
        "action": "prune",
        "store": "/s",
        "bytes": 5,
        "unused": UNUSED,
        "did": True,
        "files": [{"name": "a.whl", "sha256": "0", "bytes": 5, "idle_days": 40.5, "part": False}],
    },
    "bundle": {
        "bundle": "b.tar",
        "did": True,
        "files": [{"path": "wheels/a.whl", "bytes": 5, "sha256": "0"}],
    },
    "which": {"path": "/p/.venv/bin/python", "environment": "/p/.venv", "generation": "0001"},
    "plan": {"targets": {"default": TARGET}, "changes": CHANGES},
    "import": {
        "spec": "torchenv.toml",
        "lock": "pylock.torchenv.toml",
        "kept": 1,
        "packages": [{"name": "torch", "version": "2.9.1+cpu"}],
    },
    "lock": {
        "file": "pylock.torchenv.toml",
        "digest": "0" * 64,
        "packages": [{"name": "pip", "version": "26.3", "size": 1, "index": None}],
        "written": True,
    },
    "apply": {
        "did": True,
        "environment": ".venv",
        "generation": "1",
        "changes": CHANGES,
        "proof": PROOF,
    },
    "status": {
        "state": "current",
        "environment": ".venv",
        "generation": "1",
        "changes": CHANGES,
        "proof": PROOF,
    },
    "rollback": {
        "environment": ".venv",
        "before": 2,
        "generation": 1,
        "lock_digest": "0" * 64,
    },
    "history": {
        "environment": ".venv",
        "current": 2,
        "kept": [1, 2],
        "entries": [
            {
                "when": "2026-11-24T23:32:37+00:00",
                "generation": 2,
                "action": "apply",
                "lock_digest": "0" * 64,
                "summary": "torch 2.13.0+cpu, Python 3.11, cpu",
                "changes": ["+numpy 1.26.4"],
            }
        ],
    },
    "verify": {
        "whole": False,
        "environment": ".venv",
        "generation": "0001",
        "files": 12,
        "bytes": 345,
        "differences": [
            {"kind": "changed", "path": "lib/a.py", "package": "torch", "version": "2.2.0"},
            {"kind": "byte code", "path": "lib/b.pyc", "package": None, "version": None},
        ],
    },
}


def _errors(command: str, value: object) -> list[str]:
    return errors(json.loads(render_schemas()[f"{command}.schema.json"]), value)


@pytest.mark.parametrize("command", COMMANDS)
def test_full_document(command: str) -> None:
    """A document names its schema first, says what the command says, and matches its schema."""
    made = document(command, BODIES[command], [NOTE])
    assert next(iter(made.items())) == ("schema", f"torchenv/{command}/1")
    assert made["ok"] is True
    assert {key: made[key] for key in BODIES[command]} == BODIES[command]
    assert not _errors(command, made)


@pytest.mark.parametrize("command", COMMANDS)
def test_document_of_a_failure(command: str) -> None:
    """A command that failed prints the same keys, empty, and its findings."""
    made = document(command, {}, [ERROR])
    assert made.keys() == document(command, BODIES[command], []).keys()
    assert made["ok"] is False
    assert not _errors(command, made)


def test_finding() -> None:
    """A finding has all its parts, with null for what is not known."""
    made = document("plan", {}, [ERROR, NOTE])
    assert made["findings"] == [
        {
            "code": "TE202",
            "severity": "error",
            "message": "`torch 2.1.0` was never published for `cu116`.",
            "why": "It was published for cu118 and cu121.",
            "do": "Take one of these.",
            "where": {"file": "torchenv.toml", "line": 3, "key": "environment.accelerator"},
            "alternatives": [
                {
                    "python": "3.10",
                    "accelerator": "cu116",
                    "torch": "1.13.1",
                    "torchvision": "0.14.1",
                    "torchaudio": None,
                }
            ],
        },
        {
            "code": "TE407",
            "severity": "note",
            "message": "m",
            "why": "w",
            "do": "d",
            "where": None,
            "alternatives": [],
        },
    ]


def test_errors_come_first() -> None:
    """Findings are ordered by severity and otherwise stay in their order."""
    made = document("status", {}, [NOTE, ERROR, NOTE])
    assert [one["severity"] for one in made["findings"]] == ["error", "note", "note"]


def test_models_are_taken_as_they_are() -> None:
    """A body may hold models as well as plain values."""
    changes = ChangesModel(
        added=[
            AddedModel(
                name="torch",
                reason="not installed",
                detail="",
                version="2.13.0+cpu",
                size=191,
                startup=["a.pth"],
            )
        ],
        removed=[],
        changed=[
            VersionChangeModel(
                name="pip",
                reason="damaged",
                detail="1 missing",
                from_="26.3",
                to="26.3",
                size=18,
                startup=[],
            )
        ],
        unchanged=3,
    )
    assert document("plan", {"changes": changes}, [])["changes"] == CHANGES


def test_wrong_body_is_never_printed() -> None:
    """A body that does not match the schema is a fault of the caller, found at once."""
    with pytest.raises(ValidationError):
        document("plan", {"targets": {"default": {**TARGET, "torch": None}}}, [])
    with pytest.raises(ValidationError):
        document("apply", {"unknown": 1}, [])
    with pytest.raises(KeyError):
        document("frobnicate", {}, [])
