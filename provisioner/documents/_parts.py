"""Parts that the documents of several commands have."""

from __future__ import annotations

from pydantic import Field

from provisioner.documents._base import DocumentModel


class ConstraintModel(DocumentModel):
    """A requirement that the planner adds."""

    requirement: str = Field(description="PEP 508 requirement, `numpy<2`.")
    why: str = Field(description="Why it is needed.")
    source: str = Field(description="Where that is known from.")


class ConsideredModel(DocumentModel):
    """An accelerator that `auto` looked at."""

    accelerator: str = Field(description="The accelerator, `cu126`.")
    found: str = Field(description="What its build is to the machines, in a few words.")


class AutoModel(DocumentModel):
    """Why `accelerator = "auto"` became what it is."""

    reason: str = Field(description='The part of a sentence that answers "why this one?".')
    considered: list[ConsideredModel] = Field(
        description="Accelerators of the chosen release, the newest toolkit first."
    )


class TargetModel(DocumentModel):
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
    auto: AutoModel | None = Field(
        default=None,
        description="Why the accelerator was chosen, or null where the spec names it.",
    )
    explanation: list[str] = Field(
        default_factory=list,
        description="What was decided and checked, one sentence each; empty without `--explain`.",
    )


class ChangeModel(DocumentModel):
    """Why a package is installed, replaced or removed."""

    name: str = Field(description="Normalised name.")
    reason: str = Field(
        description="`not installed`, `other version`, `other build` (of the same version), "
        "`unknown wheel`, `damaged`, `half removed`, `foreign files`, `stray`, `not locked`."
    )
    detail: str = Field(description="What was seen; empty where the versions say it all.")


class AddedModel(ChangeModel):
    """A package that is installed."""

    version: str = Field(description="Locked version.")
    size: int | None = Field(description="Bytes of the wheel.")
    startup: list[str] = Field(
        description="Files of the wheel that Python runs at every start, where the store knows it."
    )


class RemovedModel(ChangeModel):
    """A package that is left behind."""

    version: str = Field(description="Installed version.")


class VersionChangeModel(ChangeModel):
    """A package that is replaced."""

    from_: str = Field(alias="from", description="Installed version.")
    to: str = Field(
        description="Locked version; the same where another wheel of it takes its place."
    )
    size: int | None = Field(description="Bytes of the wheel.")
    startup: list[str] = Field(
        description="Files of the wheel that Python runs at every start, where the store knows it."
    )


class ChangesModel(DocumentModel):
    """The difference between an environment and its lock; each list sorted by name."""

    added: list[AddedModel] = Field(description="Locked and not installed.")
    removed: list[RemovedModel] = Field(description="Installed and not locked.")
    changed: list[VersionChangeModel] = Field(description="Installed otherwise than locked.")
    unchanged: int = Field(description="Number of packages that are as locked.", ge=0)


class ProofModel(DocumentModel):
    """What was seen from inside the environment."""

    versions: dict[str, str] = Field(description="`__version__` of each member of the trio.")
    build: str | None = Field(
        description="`torch.version.cuda`, `.hip` or `.xpu`; null for a CPU build."
    )
    operations: list[str] = Field(description="What was computed with the right result.")
    gpus: int = Field(description="Number of GPUs that torch can use here.", ge=0)
    notes: list[str] = Field(description="What could not be checked, and why.")
