"""What every document of a command has: the strict base, findings, and the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from provisioner.findings import Combination, Finding, Where


class DocumentModel(BaseModel):
    """Strict, so that a document that does not match its schema is never printed."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        validate_by_name=True,
        validate_by_alias=True,
        json_schema_serialization_defaults_required=True,
    )


class WhereModel(DocumentModel):
    """The place that a finding is about."""

    file: str | None = Field(description="Path as the user would type it.")
    line: int | None = Field(description="Line in the file, counted from 1.")
    key: str | None = Field(description="Dotted key in the file, `environment.python`.")


class CombinationModel(DocumentModel):
    """A combination that does work; it can be pasted into a spec."""

    python: str = Field(description="Minor version, `t` appended for a free-threaded one.")
    accelerator: str = Field(description="`cpu`, `cu118`, `rocm6.4`, `xpu`.")
    torch: str = Field(description="Public version.")
    torchvision: str | None = Field(description="Public version, or null where there is none.")
    torchaudio: str | None = Field(description="Public version, or null where there is none.")


class FindingModel(DocumentModel):
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


class CommandDocument(DocumentModel):
    """What the documents of all commands have."""

    ok: bool = Field(description="Whether no finding is an error.")
    findings: list[FindingModel] = Field(description="Everything there is to say, errors first.")
