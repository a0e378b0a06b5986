"""The document of ``torchenv matrix --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument, DocumentModel


class MatrixRowModel(DocumentModel):
    """One build of torch."""

    torch: str = Field(description="Public version.")
    platform: str = Field(description="`linux-x86_64`.")
    accelerator: str = Field(description="What it is compiled for, `cu128`.")
    index: Literal["default", "pytorch"] = Field(
        description="Whether the default index has it, or PyTorch's."
    )
    pythons: list[str] = Field(description="Pythons that it surely has wheels for.")
    unsure: list[str] = Field(description="Pythons that it may have wheels for.")
    torchvision: list[str] = Field(description="Releases that go with it, the one to take first.")
    torchaudio: list[str] = Field(description="The same of torchaudio.")
    driver: str | None = Field(
        description="Oldest NVIDIA driver that runs it; null where it is not known, and where it "
        "needs none."
    )
    code: list[str] | None = Field(
        description="GPU architectures that it holds code for, `sm_89`, with `+PTX` where newer "
        "GPUs can use it, too; empty for the CPU, null where it is not known."
    )
    runs: Literal["yes", "unknown"] | None = Field(
        description="Whether it runs on the GPU and with the driver that were asked about; null "
        "where none was."
    )
    known: str = Field(description="How far the build is known: `listed` is surest.")
    sources: list[str] = Field(description="Where that is known from.")


class DifferenceModel(DocumentModel):
    """What an index has otherwise than the compat data says."""

    kind: Literal["missing", "extra", "release", "confirmed", "absent"] = Field(
        description="`missing`: the data says it is there; `extra`: the data does not say so; "
        "`release`: nor does it have the release; `confirmed`, `absent`: the data was not sure, "
        "and it is or is not there."
    )
    project: Literal["torch", "torchvision", "torchaudio"] = Field(description="Which project.")
    version: str = Field(description="Public version.")
    accelerator: str = Field(
        description="What it is compiled for; empty for torchvision and torchaudio, `?` where the "
        "data does not say what the default index has."
    )
    platform: str = Field(description="`linux-x86_64`.")
    pythons: list[str] = Field(description="The Pythons that it is about.")


class CheckModel(DocumentModel):
    """The compat data against an index."""

    index: str = Field(description="Address of the index, without credentials.")
    wheels: int = Field(description="Wheels that were seen there.", ge=0)
    differences: list[DifferenceModel] = Field(description="What differs, newest release first.")


class Document(CommandDocument):
    """What `torchenv matrix --json` prints."""

    schema_: Literal["torchenv/matrix/1"] = Field(
        default="torchenv/matrix/1", alias="schema", description="Names this document."
    )
    version: str | None = Field(
        default=None, description="Version of the compat data; null where nothing was asked."
    )
    platform: str | None = Field(
        default=None, description="The platform that was meant, or `all`; null likewise."
    )
    gpu: str | None = Field(
        default=None,
        description="Architecture of the GPU that was asked about, `sm_89`; null where none was.",
    )
    builds: list[MatrixRowModel] = Field(
        default=[], description="The builds that fit, newest torch first."
    )
    check: CheckModel | None = Field(
        default=None,
        description="What an index has otherwise, with `--check-index`; null without it.",
    )
