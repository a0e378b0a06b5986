"""The tables of the spec: what may stand in each of them, key by key.

Strict: no unknown key, no silent conversion. The models check single values and nothing else;
``_rules`` holds the rules across keys, ``_convert`` makes the inner values. Titles, descriptions
and examples are the reference documentation and the JSON Schema, so they are written for users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from packaging.utils import InvalidName, canonicalize_name
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from provisioner.spec._accelerators import (
    ACCELERATOR_PATTERN,
    AUTO,
    PLATFORMS,
    check_accelerator,
    check_platform,
)
from provisioner.spec._ages import check_newest
from provisioner.spec._machines import (
    DRIVER_PATTERN,
    GLIBC_PATTERN,
    MACOS_PATTERN,
    check_driver,
    check_glibc,
    check_gpu,
    check_macos,
)
from provisioner.spec._places import (
    check_connections,
    check_environment_path,
    check_git,
    check_host,
    check_index,
    check_path,
    check_place,
    check_proxy,
    check_pytorch_index,
    check_timeout,
)
from provisioner.spec._problems import UnfitError
from provisioner.spec._types import TrioMode  # noqa: TC001 pydantic reads the annotation
from provisioner.spec._versions import (
    PYTHON_PATTERN,
    PYTHON_RANGE_PATTERN,
    check_python,
    check_specifier,
    check_wish,
)

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


class EdgeModel(BaseModel):
    """Keys are written with hyphens in the file, with underscores here."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        # Only the spec as a whole is ever validated, and that takes its tables' schemas along.
        defer_build=True,
        alias_generator=lambda name: name.replace("_", "-"),
    )


def _check_false(value: bool) -> bool:  # noqa: FBT001 pydantic passes the value by position
    if value:
        raise UnfitError(
            "which says nothing",
            why="A member of the trio that is not named follows torch by itself.",
            do="Remove the key, name a version, or write `false` to leave it out.",
        )
    return value


def _check_buildable(name: str) -> str:
    """Return ``name`` if it is that of a package that may be built.

    Raises:
        UnfitError: It is no name, or that of a member of the trio.
    """
    try:
        normalised = canonicalize_name(name, validate=True)
    except InvalidName:
        raise UnfitError(
            "which is not the name of a package",
            why="The names of packages are listed here, without versions.",
            do="Write the name alone.",
        ) from None
    if normalised in TorchModel.model_fields:
        raise UnfitError(
            "which is never built",
            why="The trio comes as wheels, since the plan is about its published builds.",
            do="Remove it.",
        )
    return name


class _SchemaOf:
    """Gives a value a JSON Schema, as pydantic's ``WithJsonSchema``, whose import takes longer."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema

    def __get_pydantic_json_schema__(
        self, _core: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return dict(self._schema)


Wish = Annotated[
    str,
    AfterValidator(check_wish),
    _SchemaOf({"type": "string", "pattern": "^[^+]+$"}),
]
# `Literal[False]` would also accept 0, which equals it.
LeftOut = Annotated[bool, AfterValidator(_check_false), _SchemaOf({"const": False})]
IndexUrl = Annotated[
    str,
    AfterValidator(check_index),
    _SchemaOf({"type": "string", "pattern": "^(?:https?://|file:)"}),
]
PlaceText = Annotated[str, AfterValidator(check_place)]
PathText = Annotated[str, AfterValidator(check_path)]
TrustKind = Literal["http", "file", "outside", "credentials"]
HostText = Annotated[str, AfterValidator(check_host)]


class TargetModel(EdgeModel):
    """A target: one platform, Python and accelerator, and what its machines have."""

    python: Annotated[str, AfterValidator(check_python)] | None = Field(
        default=None,
        title="Python version",
        description="Version of Python, in quotes: a minor version or an exact one, with `t` "
        "appended for a free-threaded build; or a range of minor versions, of which the plan takes "
        "the newest that has all wheels, of those that the machine has if there is one. Every "
        "target needs one, its own or that of `[environment]`.",
        examples=["3.11", "3.11.7", "3.13t", ">=3.10,<3.13"],
        json_schema_extra={"pattern": f"^(?:{PYTHON_PATTERN}|{PYTHON_RANGE_PATTERN})$"},
    )
    accelerator: Annotated[str, AfterValidator(check_accelerator)] | None = Field(
        default=None,
        title="Accelerator",
        description="What torch's build is compiled for: `cpu`, `cu` with the CUDA version without "
        "its dot, `rocm` with the ROCm version, or `xpu`. On macOS it is `cpu`, which carries MPS. "
        "`auto` is the newest build that the driver and every GPU of the target run, else `cpu`. "
        "Every target needs one, its own or that of `[environment]`.",
        examples=["auto", "cpu", "cu118", "cu128", "rocm6.4", "xpu"],
        json_schema_extra={"pattern": f"^(?:{AUTO}|{ACCELERATOR_PATTERN})$"},
    )
    platform: Annotated[str, AfterValidator(check_platform)] | None = Field(
        default=None,
        title="Platform",
        description="System and machine that the environment is for; this machine's by default.",
        examples=["linux-x86_64", "macos-arm64"],
        json_schema_extra={"enum": list(PLATFORMS)},
    )
    driver: Annotated[str, AfterValidator(check_driver)] | None = Field(
        default=None,
        title="NVIDIA driver",
        description="Version of NVIDIA's driver on the machines of the target, the lowest if they "
        "differ.",
        examples=["535.129.03", "580"],
        json_schema_extra={"pattern": f"^{DRIVER_PATTERN}$"},
    )
    gpus: list[Annotated[str, AfterValidator(check_gpu)]] | None = Field(
        default=None,
        title="GPUs",
        description="GPUs that it must run on: architectures or names of models.",
        examples=[["sm_70", "sm_80"], ["gfx90a"], ["RTX 4090"]],
    )
    glibc: Annotated[str, AfterValidator(check_glibc)] | None = Field(
        default=None,
        title="glibc",
        description="Version of glibc on the machines of the target, the lowest if they differ.",
        examples=["2.28"],
        json_schema_extra={"pattern": f"^{GLIBC_PATTERN}$"},
    )
    macos: Annotated[str, AfterValidator(check_macos)] | None = Field(
        default=None,
        title="macOS",
        description="Version of macOS on the machines of the target, the lowest if they differ.",
        examples=["14.5", "13"],
        json_schema_extra={"pattern": f"^{MACOS_PATTERN}$"},
    )


class EnvironmentModel(TargetModel):
    """The environment: which Python, for which accelerator, where."""

    path: Annotated[str, AfterValidator(check_environment_path)] = Field(
        default=".venv",
        title="Path of the environment",
        description="Folder of the environment, seen from the spec's folder.",
        examples=[".venv"],
        json_schema_extra={"minLength": 1},
    )
    seed: bool = Field(
        default=True,
        title="Install pip",
        description="Whether pip is a locked package of the environment like any other.",
        examples=[True, False],
    )
    keep: int = Field(
        default=2,
        title="Generations that stay",
        description="How many generations of the environment stay on the disk, the current one "
        "included; the others that were current last can be rolled back to.",
        examples=[2, 5],
        ge=1,
    )
    keep_days: int | None = Field(
        default=None,
        title="Days that generations stay",
        description="Generations that are older than this go, whatever their number.",
        examples=[30],
        ge=1,
    )


class TorchModel(EdgeModel):
    """The trio: torch, and torchvision and torchaudio, which follow it."""

    torch: Wish = Field(
        title="Version of torch",
        description="A release (`2.2.0`), a release line (`2.6` is the newest 2.6.x), a specifier "
        "(`>=2.4,<2.8`) or `latest`. No local part: the accelerator decides the build.",
        examples=["2.6", "2.2.0", ">=2.4,<2.8", "latest"],
    )
    torchvision: Wish | LeftOut | None = Field(
        default=None,
        title="Version of torchvision",
        description="Follows torch where it is not named; a version must belong to torch's; "
        "`false` leaves it out.",
        examples=["0.17.0", False],
    )
    torchaudio: Wish | LeftOut | None = Field(
        default=None,
        title="Version of torchaudio",
        description="Follows torch where it is not named; a version must belong to torch's; "
        "`false` leaves it out.",
        examples=["2.2.0", False],
    )


class DependencyModel(EdgeModel):
    """A dependency as a table; a text in its place is its `version`."""

    version: Annotated[str, AfterValidator(check_specifier)] = Field(
        default="*",
        title="Version specifier",
        description="A PEP 440 specifier, or `*` for any version.",
        examples=[">=2.4,<3", "*"],
        json_schema_extra={"minLength": 1},
    )
    extras: list[str] = Field(
        default=[],
        title="Extras",
        description="Optional features of the package that are wanted.",
        examples=[["extra"]],
    )
    path: PathText | None = Field(
        default=None,
        title="Folder of the project",
        description="Folder with the project itself, such as one's own, seen from the spec's "
        "folder; it is built where the environment is made.",
        examples=["."],
    )
    editable: bool = Field(
        default=False,
        title="Editable",
        description="Whether the environment uses the files in `path` as they are, so that a "
        "change of them needs no new environment.",
        examples=[True],
    )
    git: Annotated[str, AfterValidator(check_git)] | None = Field(
        default=None,
        title="Git repository",
        description="URL of a git repository with the project; the lock names its commit.",
        examples=["https://git.example/team/package.git"],
    )
    rev: str | None = Field(
        default=None,
        title="State of the repository",
        description="Branch, tag or commit of `git`; its default branch where nothing is said.",
        examples=["v1.2", "main"],
        json_schema_extra={"minLength": 1},
    )
    subdirectory: str | None = Field(
        default=None,
        title="Folder in the repository",
        description="Where in the repository the project lies, if not at its top.",
        examples=["python"],
        json_schema_extra={"minLength": 1},
    )

    @model_validator(mode="before")
    @classmethod
    def _text_is_version(cls, value: object) -> object:
        return {"version": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Allow the text form, which the validator above accepts, in the JSON Schema too."""
        table = handler.resolve_ref_schema(handler(core_schema))
        version = {**table["properties"]["version"]}
        version.pop("default", None)
        return {
            "title": "Dependency",
            "description": "A version specifier, or a table: `version` and `extras`, or where "
            "the project itself is.",
            "examples": [
                ">=2.4,<3",
                "*",
                {"version": ">=2", "extras": ["extra"]},
                {"path": ".", "editable": True},
            ],
            "anyOf": [
                version,
                {**table, "title": "Dependency as a table"},
                {"const": False, "description": "Takes away what a template says."},
            ],
        }


class SourcesModel(EdgeModel):
    """Where packages come from; pip's own configuration decides what is not said here."""

    pytorch: Annotated[str, AfterValidator(check_pytorch_index)] = Field(
        default="https://download.pytorch.org/whl",
        title="PyTorch's index",
        description="Base URL of PyTorch's index or of a mirror in the same layout, without the "
        "folder of an accelerator.",
        examples=["https://download.pytorch.org/whl"],
    )
    pytorch_layout: Literal["index", "flat"] = Field(
        default="index",
        title="Layout of PyTorch's index",
        description="`index`: a folder for each accelerator, with a page for each project; `flat`: "
        "`pytorch` itself is the one page that links all wheels, as the listing of a folder.",
        examples=["flat"],
    )
    trio: TrioMode = Field(
        default="auto",
        title="Source of the trio",
        description="`auto`: the default index where its own build is for the wanted accelerator, "
        "else PyTorch's; `default` and `pytorch` ask for one of them.",
        examples=["auto", "pytorch"],
    )
    isolated: bool = Field(
        default=False,
        title="Only PyTorch's index",
        description="Whether everything, not only the trio, comes from PyTorch's index.",
        examples=[False, True],
    )
    index: IndexUrl | None = Field(
        default=None,
        title="Default index",
        description="URL of the index that packages come from.",
        examples=["https://index.example/simple"],
    )
    extra_indexes: list[IndexUrl] | None = Field(
        default=None,
        title="Extra indexes",
        description="URLs of further indexes. The first index that has a package is the one that "
        "it comes from; `index` is asked first, then these in their order.",
        examples=[["https://packages.example/simple"]],
    )
    find_links: list[PlaceText] | None = Field(
        default=None,
        title="Folders and pages with wheels",
        description="Folders, seen from the spec's folder, or URLs of pages that link wheels.",
        examples=[["wheels"]],
    )
    constraints: list[PlaceText] | None = Field(
        default=None,
        title="Constraint files",
        description="Files (seen from the spec's folder) or URLs with constraints, as pip takes.",
        examples=[["constraints.txt"]],
    )
    no_index: bool | None = Field(
        default=None,
        title="No index",
        description="Whether only `find-links` is used, and no index.",
        examples=[True],
    )
    allow_sdist: list[Annotated[str, AfterValidator(_check_buildable)]] = Field(
        default_factory=list,
        title="May be built",
        description="Packages that may be built from their source distribution, where no version "
        "that fits has a wheel for the target. Building runs code of the package.",
        examples=[["package"]],
    )
    record: Literal["mirror", "public"] = Field(
        default="mirror",
        title="What a lock names behind a mirror",
        description="`mirror`: the address that the mirror of PyTorch's index has for a wheel; "
        "`public`: the one that PyTorch's index has for the same wheel, so that the lock works "
        "outside too. A mirror in a folder is never named.",
        examples=["public", "mirror"],
    )
    exclude_newer: Annotated[str, AfterValidator(check_newest)] | None = Field(
        default=None,
        title="Nothing newer than",
        description="Releases that were uploaded after this date, or that are younger than this "
        "age when the lock is made, are not chosen: a date (that day included, in UTC), a time "
        "with its zone, or a number of hours, days or weeks.",
        examples=["2026-03-31", "7 days"],
    )
    proxy: Annotated[str, AfterValidator(check_proxy)] | None = Field(
        default=None,
        title="Proxy",
        description="URL of the proxy that everything is fetched through.",
        examples=["http://proxy.example:3128"],
    )
    cert: PathText | None = Field(
        default=None,
        title="Certificate authorities",
        description="File with the certificates to trust, as PEM, seen from the spec's folder.",
        examples=["certificates/company.pem"],
    )
    client_cert: PathText | None = Field(
        default=None,
        title="Client certificate",
        description="File with a certificate and its private key, as PEM, to show to servers.",
        examples=["certificates/client.pem"],
    )
    trusted_hosts: list[HostText] | None = Field(
        default=None,
        title="Trusted hosts",
        description="Hosts, with or without port, whose certificates are not checked.",
        examples=[["index.example:8443"]],
    )
    trust_lock: list[TrustKind] = Field(
        default=[],
        title="What a lock may name",
        description="What is refused in a lock unless it stands here: `http` (plain HTTP to other "
        "machines), `file` (`file:` URLs), `outside` (paths that leave the lock's folder) and "
        "`credentials` (in URLs).",
        examples=[["http"]],
    )
    timeout: Annotated[float, AfterValidator(check_timeout)] | None = Field(
        default=None,
        title="Time limit of a connection",
        description="Seconds to wait for a server before giving up.",
        examples=[60],
        json_schema_extra={"exclusiveMinimum": 0},
    )
    connections: Annotated[int, AfterValidator(check_connections)] | None = Field(
        default=None,
        title="Connections",
        description="Connections that wheels are fetched over at once; by default 8. "
        "`TORCHENV_CONNECTIONS` wins over it.",
        examples=[4],
        json_schema_extra={"minimum": 1, "maximum": 32},
    )
    store: PathText | None = Field(
        default=None,
        title="Store",
        description="Folder that fetched wheels are kept in, seen from the spec's folder; by "
        "default in the user's cache. `TORCHENV_STORE` wins over it.",
        examples=["/data/torchenv"],
    )
    stores: list[PathText] | None = Field(
        default=None,
        title="Further stores",
        description="Stores that wheels are taken from before they are fetched, and that are never "
        "written, seen from the spec's folder. `TORCHENV_STORES` names more, with colons.",
        examples=[["/nfs/torchenv"]],
    )
