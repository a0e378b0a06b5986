"""The JSON documents that commands print with ``--json``, as models and as one function.

Every document has ``schema``, ``ok`` and ``findings``, and what its command adds. The schema's
number grows when a key is removed or changes its meaning, not when keys are added. The JSON Schemas
in ``schemas/`` are made from these models (``python -m provisioner.spec.schema``).

One module per command, named like it, with a ``Document``; only the one that is printed is loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from provisioner.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provisioner.documents._base import CommandDocument
    from provisioner.findings import Finding

COMMANDS: Final = (
    "add",
    "apply",
    "bundle",
    "destroy",
    "doctor",
    "explain",
    "gc",
    "history",
    "host",
    "init",
    "import",
    "kernel",
    "lock",
    "matrix",
    "plan",
    "remove",
    "rollback",
    "status",
    "store",
    "which",
    "upgrade",
    "verify",
    "which",
)
"""The commands that have a document, sorted."""

_ORDER: Final = {severity: rank for rank, severity in enumerate(Severity)}


def model_of(command: str) -> type[CommandDocument]:
    """Return the model of a command's document.

    Raises:
        KeyError: The command has none.
    """
    if command not in COMMANDS:
        raise KeyError(command)
    module = import_module(f"{__name__}.{command.replace('-', '_')}")
    model: type[CommandDocument] = module.Document
    return model


def document(
    command: str, body: Mapping[str, object], findings: Iterable[Finding]
) -> dict[str, Any]:
    """Return the JSON document of a command, ready for ``json.dumps``.

    Args:
        command: One of ``COMMANDS``.
        body: What the command adds, as models of its module or as plain JSON values; empty where
            the command failed, which leaves every key of it null, false or empty.
        findings: Everything the command found; errors are put first.

    Raises:
        KeyError: The command has no document.
        pydantic.ValidationError: ``body`` does not match the command's schema.
    """
    from provisioner.documents._base import finding_model  # noqa: PLC0415 - needs pydantic

    ordered = sorted(findings, key=lambda finding: _ORDER[finding.severity])
    model = model_of(command).model_validate(
        {
            **body,
            "ok": all(finding.severity is not Severity.ERROR for finding in ordered),
            "findings": [finding_model(finding) for finding in ordered],
        }
    )
    values = model.model_dump(mode="json", by_alias=True)
    return {"schema": values.pop("schema"), **values}
