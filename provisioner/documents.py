"""The JSON documents that commands print with ``--json``, as models and as one function.

Every document has ``schema``, ``ok`` and ``findings``, and what its command adds. The schema's
number grows when a key is removed or changes its meaning, not when keys are added. The JSON Schemas
in ``schemas/`` are made from these models (``python -m provisioner.spec.schema``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from provisioner.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provisioner.findings import Combination, Finding, Where


class _DocumentModel(BaseModel):
    """Strict, so that a document that does not match its schema is never printed."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        validate_by_name=True,
        validate_by_alias=True,
        json_schema_serialization_defaults_required=True,
    )


# -- findings


class WhereModel(_DocumentModel):
    """The place that a finding is about."""

    file: str | None = Field(description="Path as the user would type it.")
    line: int | None = Field(description="Line in the file, counted from 1.")
    key: str | None = Field(description="Dotted key in the file, `environment.python`.")


class CombinationModel(_DocumentModel):
    """A combination that does work; it can be pasted into a spec."""

    python: str = Field(description="Minor version, `t` appended for a free-threaded one.")
    accelerator: str = Field(description="`cpu`, `cu118`, `rocm6.4`, `xpu`.")
    torch: str = Field(description="Public version.")
    torchvision: str | None = Field(description="Public version, or null where there is none.")
    torchaudio: str | None = Field(description="Public version, or null where there is none.")


class FindingModel(_DocumentModel):
    """One diagnosed problem."""

    code: str = Field(description="Stable identifier, `TE202`.", pattern="^TE[0-9]{3}$")
    severity: Literal["error", "warning", "note"] = Field(
        description="`error` stops the work, the others do not."
    )
    message: str = Field(description="What was seen.")
    why: str = Field(description="Why that is a problem.")
    do: str = Field(description="What to do next.")
    where: WhereModel | None = Field(description="The place, or null where there is none.")
    alternatives: list[CombinationModel] = Field(
        description="Combinations that do work, nearest first."
    )


def where_model(where: Where) -> WhereModel:
    """Convert a place."""
    return WhereModel(file=where.file, line=where.line, key=where.key)


def combination_model(combination: Combination) -> CombinationModel:
    """Convert a combination."""
    return CombinationModel(
        python=combination.python,
        accelerator=combination.accelerator,
        torch=combination.torch,
        torchvision=combination.torchvision,
        torchaudio=combination.torchaudio,
    )


def finding_model(finding: Finding) -> FindingModel:
    """Convert a finding."""
    return FindingModel(
        code=finding.code,
        severity=finding.severity.value,
        message=finding.message,
        why=finding.why,
        do=finding.do,
        where=None if finding.where is None else where_model(finding.where),
        alternatives=[combination_model(one) for one in finding.alternatives],
    )


# -- parts


class ConstraintModel(_DocumentModel):
    """A requirement that the planner adds."""

    requirement: str = Field(description="PEP 508 requirement, `numpy<2`.")
    why: str = Field(description="Why it is needed.")
    source: str = Field(description="Where that is known from.")


class TargetModel(_DocumentModel):
    """What is chosen for one target."""

    platform: str = Field(description="`linux-x86_64`.")
    python: str = Field(description="Minor version, `t` appended for a free-threaded build.")
    accelerator: str = Field(description="What the chosen builds are compiled for.")
    torch: str = Field(description="Version as its index has it, `2.2.0+cu118`.")
    torchvision: str | None = Field(description="The same, or null where it is left out.")
    torchaudio: str | None = Field(description="The same, or null where it is left out.")
    index: str = Field(
        description="URL of the index that the trio comes from, or `default` for the default index."
    )
    constraints: list[ConstraintModel] = Field(description="What the planner adds, and why.")


class PackageModel(_DocumentModel):
    """A package and its version."""

    name: str = Field(description="Normalised name.")
    version: str = Field(description="Full version, local part included.")


class VersionChangeModel(_DocumentModel):
    """A package that is replaced."""

    name: str = Field(description="Normalised name.")
    from_: str = Field(alias="from", description="Installed version.")
    to: str = Field(
        description="Locked version; the same where another wheel of it takes its place."
    )


class ChangesModel(_DocumentModel):
    """The difference between an environment and its lock; each list sorted by name."""

    added: list[PackageModel] = Field(description="Locked and not installed.")
    removed: list[PackageModel] = Field(description="Installed and not locked.")
    changed: list[VersionChangeModel] = Field(description="Installed otherwise than locked.")
    unchanged: int = Field(description="Number of packages that are as locked.", ge=0)


class LockedPackageModel(_DocumentModel):
    """One package of a lock."""

    name: str = Field(description="Normalised name.")
    version: str = Field(description="Full version, local part included.")
    size: int = Field(description="Size of the wheel for the target, in bytes.", ge=0)
    index: str | None = Field(description="URL of its index, without credentials, where known.")


class ProofModel(_DocumentModel):
    """What was seen from inside the environment."""

    versions: dict[str, str] = Field(description="`__version__` of each member of the trio.")
    build: str | None = Field(
        description="`torch.version.cuda`, `.hip` or `.xpu`; null for a CPU build."
    )
    operations: list[str] = Field(description="What was computed with the right result.")
    gpus: int = Field(description="Number of GPUs that torch can use here.", ge=0)
    notes: list[str] = Field(description="What could not be checked, and why.")


# -- documents


class _CommandDocument(_DocumentModel):
    """What the documents of all commands have."""

    ok: bool = Field(description="Whether no finding is an error.")
    findings: list[FindingModel] = Field(description="Everything there is to say, errors first.")


class PlanDocument(_CommandDocument):
    """What `torchenv plan --json` prints."""

    schema_: Literal["torchenv/plan/1"] = Field(
        default="torchenv/plan/1", alias="schema", description="Names this document."
    )
    targets: dict[str, TargetModel] = Field(
        default_factory=dict,
        description="What is chosen, by the name of the target; `default` where it has none. "
        "Empty where the plan is refused.",
    )
    changes: ChangesModel | None = Field(
        default=None,
        description="What an apply would change, or null without a current lock to compare with.",
    )


class LockDocument(_CommandDocument):
    """What `torchenv lock --json` prints."""

    schema_: Literal["torchenv/lock/1"] = Field(
        default="torchenv/lock/1", alias="schema", description="Names this document."
    )
    file: str | None = Field(default=None, description="Path of the lock; null where none is made.")
    digest: str | None = Field(
        default=None, description="sha256 of the lock's bytes, in hexadecimal; null as `file`."
    )
    packages: list[LockedPackageModel] = Field(
        default_factory=list, description="What is locked, sorted by name."
    )
    written: bool = Field(
        default=False, description="False where the file held the very same bytes already."
    )


class ApplyDocument(_CommandDocument):
    """What `torchenv apply --json` prints."""

    schema_: Literal["torchenv/apply/1"] = Field(
        default="torchenv/apply/1", alias="schema", description="Names this document."
    )
    did: bool = Field(default=False, description="False where nothing was to do, or all failed.")
    environment: str | None = Field(
        default=None, description="Path of the environment; null where it was not reached."
    )
    generation: str | None = Field(
        default=None, description="Name of the generation that the environment leads to."
    )
    changes: ChangesModel | None = Field(
        default=None, description="What was changed; null where nothing is known of before."
    )
    proof: ProofModel | None = Field(
        default=None, description="What was seen from inside; null where it was not asked."
    )


class StatusDocument(_CommandDocument):
    """What `torchenv status --json` prints."""

    schema_: Literal["torchenv/status/1"] = Field(
        default="torchenv/status/1", alias="schema", description="Names this document."
    )
    state: Literal["current", "stale", "drifted", "damaged", "absent", "foreign"] | None = Field(
        default=None,
        description="The environment against its lock and spec: `current`: equal; `stale`: made "
        "from another lock or spec; `drifted`: something was added; `damaged`: files are missing "
        "or changed; `absent`: not there; `foreign`: not made by torchenv. Null where it could not "
        "be found out.",
    )
    environment: str | None = Field(
        default=None, description="Path of the environment; null where the spec is not valid."
    )
    generation: str | None = Field(
        default=None, description="Name of the generation that the environment leads to."
    )
    changes: ChangesModel | None = Field(
        default=None, description="What an apply would change; null where there is no lock."
    )
    proof: ProofModel | None = Field(
        default=None, description="What was seen from inside when it was applied."
    )


DOCUMENTS: Final[dict[str, type[_CommandDocument]]] = {
    "plan": PlanDocument,
    "lock": LockDocument,
    "apply": ApplyDocument,
    "status": StatusDocument,
}
"""The document of each command that has one."""

_ORDER: Final = {severity: rank for rank, severity in enumerate(Severity)}


def document(
    command: str, body: Mapping[str, object], findings: Iterable[Finding]
) -> dict[str, Any]:
    """Return the JSON document of a command, ready for ``json.dumps``.

    Args:
        command: ``plan``, ``lock``, ``apply`` or ``status``.
        body: What the command adds, as models of this module or as plain JSON values; empty where
            the command failed, which leaves every key of it null, false or empty.
        findings: Everything the command found; errors are put first.

    Raises:
        KeyError: The command has no document.
        pydantic.ValidationError: ``body`` does not match the command's schema.
    """
    ordered = sorted(findings, key=lambda finding: _ORDER[finding.severity])
    model = DOCUMENTS[command].model_validate(
        {
            **body,
            "ok": all(finding.severity is not Severity.ERROR for finding in ordered),
            "findings": [finding_model(finding) for finding in ordered],
        }
    )
    values = model.model_dump(mode="json", by_alias=True)
    return {"schema": values.pop("schema"), **values}
