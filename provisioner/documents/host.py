"""The document of ``torchenv host --json``, which is also what a facts file holds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument, DocumentModel

Version = Annotated[str, Field(pattern=r"^\d+(\.\d+)*$")]


class GpuModel(DocumentModel):
    """One GPU."""

    name: str | None = Field(
        default=None,
        description="As its driver names it, `NVIDIA GeForce RTX 4090`; where only the bus names "
        "it, its PCI id `8086:56a0`. Null where it is not known.",
    )
    arch: Annotated[str, Field(pattern=r"^[a-z0-9_-]+$")] | None = Field(
        default=None,
        description="`sm_89` for compute capability 8.9, `gfx1100`; null where it is not known.",
    )


class GpuStackModel(DocumentModel):
    """One maker's driver and GPUs."""

    state: Literal["present", "absent", "unreadable", "unknown"] = Field(
        default="unknown",
        description="Of the driver: `present`: it answered; `absent`: it is nowhere where it would "
        "be; `unreadable`: something of it is there and does not answer; `unknown`: nobody looked.",
    )
    driver: Version | None = Field(
        default=None, description="Version of the driver, `535.129.03`; null where not known."
    )
    gpus: list[GpuModel] = Field(default=[], description="The GPUs in the driver's order.")
    evidence: str = Field(
        default="", description="Where it was read, or what was seen instead of a driver."
    )


class FactsModel(DocumentModel):
    """What planning needs to know of a machine; null is "not known"."""

    platform: Annotated[str, Field(pattern=r"^[a-z0-9]+-[a-z0-9_]+$")] = Field(
        description="`linux-x86_64`, `linux-aarch64`, `macos-arm64`, `windows-x86_64`."
    )
    libc: Literal["glibc", "musl", "none"] = Field(
        default="none", description="The C library; `none` on macOS and Windows."
    )
    libc_version: Version | None = Field(default=None, description="Its version, `2.36`.")
    macos_version: Version | None = Field(default=None, description="`14.5`, on macOS.")
    bits: Literal[32, 64] | None = Field(
        default=None, description="Width of a pointer in the Python that asked."
    )
    container: bool | None = Field(default=None, description="Whether it is a container.")
    wsl: bool | None = Field(
        default=None, description="Whether it is the Windows Subsystem for Linux."
    )
    rosetta: bool | None = Field(
        default=None, description="Whether the Python that asked is translated by Rosetta."
    )
    nvidia: GpuStackModel = Field(default=GpuStackModel(), description="NVIDIA's driver and GPUs.")
    amd: GpuStackModel = Field(default=GpuStackModel(), description="AMD's driver and GPUs.")
    intel: GpuStackModel = Field(default=GpuStackModel(), description="Intel's driver and GPUs.")
    evidence: dict[str, str] = Field(
        default={}, description="Where each of the other facts was read, by the key of the fact."
    )


class PythonModel(DocumentModel):
    """One interpreter that an environment could be made from."""

    path: str = Field(description="Absolute path of the executable.")
    version: str = Field(description="Full version, `3.11.7`.")
    implementation: str = Field(description="`CPython`, `PyPy`; only CPython has wheels of torch.")
    free_threaded: bool = Field(description="Whether it is a free-threaded build.")
    bits: Literal[32, 64] = Field(description="Width of a pointer.")


class Document(CommandDocument):
    """What `torchenv host --json` prints, and what `--host` and `TORCHENV_HOST_FACTS` read."""

    schema_: Literal["torchenv/host/1"] = Field(
        default="torchenv/host/1", alias="schema", description="Names this document."
    )
    facts: FactsModel | None = Field(
        default=None, description="What the probes read; null where the facts could not be had."
    )
    pythons: list[PythonModel] = Field(
        default=[],
        description="The interpreters of this machine, newest first; empty where the facts are "
        "those of a file.",
    )


class FactsFileModel(DocumentModel):
    """A facts file: the document itself, or a shorter one that was written by hand."""

    schema_: Literal["torchenv/host/1"] = Field(default="torchenv/host/1", alias="schema")
    ok: bool = True
    findings: list[object] = Field(default=[])
    pythons: list[object] = Field(default=[])
    facts: FactsModel
