"""The document of ``torchenv explain --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument, DocumentModel


class CauseModel(DocumentModel):
    """One possible cause."""

    category: str = Field(description="Slug, `network-dns`.", pattern="^[a-z0-9-]+$")
    code: str = Field(description="Stable identifier, `TE811`.", pattern="^TE8[0-9]{2}$")
    confidence: Literal["certain", "likely", "possible"] = Field(
        description="`certain`: the text decides; `possible`: it only allows it."
    )
    title: str = Field(description="The cause in a few words.")
    cause: str = Field(description="What is wrong.")
    fix: str = Field(description="What to do, with commands made of validated values only.")
    evidence: list[str] = Field(
        description="Lines of the text that speak for it, without secrets and home directories."
    )
    source: str = Field(description="Where the rule is known from.")
    ask: str = Field(description="What to run and paste where the text does not decide.")


class ReadModel(DocumentModel):
    """What was read from the text; null is "it does not say"."""

    torch: str | None = Field(description="Public version.")
    accelerator: str | None = Field(description="`cu118`, `cpu`.")
    python: str | None = Field(description="Minor version, `t` appended for a free-threaded one.")
    system: str | None = Field(description="`linux`, `macos` or `windows`.")
    machine: str | None = Field(description="`x86_64`, `arm64`.")
    status: str | None = Field(description="HTTP status.")
    library: str | None = Field(description="Shared library that could not be loaded.")
    gpu: str | None = Field(description="Compute capability, `sm_86`.")
    driver: str | None = Field(description="Version of the NVIDIA driver.")
    cuda: str | None = Field(description="CUDA version that the driver supports.")


class ExplanationModel(DocumentModel):
    """The long form of a code."""

    code: str = Field(description="Stable identifier, `TE204`.")
    title: str = Field(description="The short form.")
    means: str = Field(description="What is so.")
    why: str = Field(description="Why it is a problem.")
    do: str = Field(description="What to do next.")
    example: str | None = Field(
        description="A spec, or a part of one, that leads to it; null where there is none."
    )
    sources: list[str] = Field(description="Where the rule is known from.")


class Document(CommandDocument):
    """What `torchenv explain --json` prints."""

    schema_: Literal["torchenv/explain/1"] = Field(
        default="torchenv/explain/1", alias="schema", description="Names this document."
    )
    causes: list[CauseModel] = Field(
        default=[],
        description="Best first, at most three; empty where nothing was recognised.",
    )
    facts: ReadModel | None = Field(default=None, description="What was read from the text.")
    exit_code: int | None = Field(
        default=None, description="Of the command that was run; null where a text was read."
    )
    explanation: ExplanationModel | None = Field(
        default=None, description="Of the code that was asked about; null for a text."
    )
    spec: str | None = Field(
        default=None, description="A spec that plans clean, where enough is known for one."
    )
