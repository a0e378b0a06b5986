"""What doctor looked at, as plain values: collectors make them, rules judge them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from provisioner.host import HostFacts

EnvironmentKind = Literal["venv", "conda", "python", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dist:
    """One installed distribution, as its ``.dist-info`` folder tells."""

    name: str
    """Normalised name."""
    version: str
    """Local part included."""
    folder: str
    """Of ``.dist-info``, below the environment."""
    installer: str
    """``pip``, ``uv``, ``conda``; empty where nothing says it."""
    requires: tuple[str, ...] = ()
    """``Requires-Dist`` as it stands there."""
    has_record: bool = True
    missing: tuple[str, ...] = ()
    """Files of RECORD that are not there; at most some of them, see ``missing_count``."""
    missing_count: int = 0
    resized: tuple[str, ...] = ()
    """Files of another size than RECORD says."""
    damaged: tuple[str, ...] = ()
    """Files of another hash than RECORD says; only looked for where that was asked."""

    @property
    def public(self) -> str:
        """The version without its local part."""
        return self.version.partition("+")[0]

    @property
    def local(self) -> str | None:
        """The local part, ``cu118``; None without one."""
        return self.version.partition("+")[2] or None


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchFile:
    """What ``torch/version.py`` says: read, not run."""

    version: str | None
    cuda: str | None
    hip: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentFacts:
    """An environment, ours or not, read from its files."""

    path: str
    """As it was named."""
    kind: EnvironmentKind
    python: str | None
    """Minor version, ``3.11``; None where nothing says it."""
    site_packages: tuple[str, ...] = ()
    uses_system_packages: bool = False
    """``include-system-site-packages`` of a virtual environment."""
    base_is_missing: bool = False
    """Whether the Python that it was made from is gone."""
    dists: tuple[Dist, ...] = ()
    leftovers: tuple[str, ...] = ()
    """Folders that begin with ``~``: what pip had moved aside when it was stopped."""
    conda_packages: tuple[tuple[str, str], ...] = ()
    """Name and version, from ``conda-meta``."""
    openmp: tuple[str, ...] = ()
    """OpenMP runtimes among its files, below the environment."""
    torch_file: TorchFile | None = None
    generation: str | None = None
    """Of an environment that torchenv made."""
    own_problem: str | None = None
    """Why an environment of ours cannot be used."""
    unfinished: tuple[str, ...] = ()
    """Generations that an apply of torchenv began, or began to remove."""
    journal: str | None = None
    """Of a change in place that was begun and neither undone nor finished."""

    @property
    def is_ours(self) -> bool:
        """Whether torchenv made it."""
        return self.generation is not None

    def find(self, name: str) -> tuple[Dist, ...]:
        """Return the distributions of a name: more than one is a finding of its own."""
        return tuple(one for one in self.dists if one.name == name)

    def first(self, name: str) -> Dist | None:
        """Return a distribution of a name, None where it is not installed."""
        return next(iter(self.find(name)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """A file that Python takes before the module of that name."""

    module: str
    path: str
    where: Literal["working folder", "PYTHONPATH", "user site"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A pip or uv that is there."""

    name: str
    path: str
    """Of the program; within an environment, of its ``.dist-info``."""
    version: str | None
    """None where nothing says it."""
    where: Literal["PATH", "environment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSite:
    """The user site of a Python that uses it, with what it has of torch and NumPy."""

    path: str
    is_after_own: bool
    """Whether the environment's own packages come first: in a virtual environment they do."""
    dists: tuple[tuple[str, str], ...]
    """Name and version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """torchenv's own store of wheels."""

    path: str
    wheels: int = 0
    wheel_bytes: int = 0
    parts: tuple[str, ...] = ()
    """What downloads left that did not complete; at most some of them, see ``part_count``."""
    part_count: int = 0
    part_bytes: int = 0
    damaged: tuple[str, ...] = ()
    """Wheels that cannot be what they should be, and why; at most some of them."""
    damaged_count: int = 0
    refused: tuple[str, ...] = ()
    """Folders that cannot be used, and why; at most some of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFacts:
    """The cache of another tool: what it installs next comes from there."""

    tool: Literal["pip", "uv"]
    path: str
    refused: str | None = None
    """Why the tool does not use it."""
    is_elsewhere: bool = False
    """Whether it lies on another file system than the environment."""
    damaged: tuple[str, ...] = ()
    """Entries that cannot be what they should be, and why; at most some of them."""
    damaged_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFacts:
    """Variables and pip's configuration, as far as they change what is installed or loaded."""

    variables: tuple[tuple[str, str], ...] = ()
    """Those that matter and are set; values are masked."""
    extra_indexes: tuple[str, ...] = ()
    """Masked addresses."""
    index: str | None = None
    no_index: bool = False
    constraints: tuple[str, ...] = ()
    missing_constraints: tuple[str, ...] = ()
    proxy: str | None = None
    missing_certificates: tuple[str, ...] = ()
    """Files of authorities that are named and not there."""
    pip_targets: tuple[tuple[str, str], ...] = ()
    """``target``, ``user``, ``prefix``, ``root`` and ``require-virtualenv`` with their values."""
    cache_dir: str | None = None
    """Folder of pip's cache, where it is configured."""
    unreadable: str | None = None
    """Why pip's configuration could not be read."""

    def variable(self, name: str) -> str | None:
        """Return the value of a variable, None where it is not set."""
        return dict(self.variables).get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """Free space at one place."""

    label: str
    path: str
    free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that doctor looked at."""

    host: HostFacts
    environment: EnvironmentFacts | None
    settings: SettingsFacts
    shadows: tuple[Shadow, ...] = ()
    disks: tuple[Disk, ...] = ()
    tools: tuple[Tool, ...] = ()
    user_site: UserSite | None = None
    store: StoreFacts | None = None
    caches: tuple[CacheFacts, ...] = ()
    toolkits: tuple[str, ...] = ()
    """Folders of CUDA toolkits, ``/usr/local/cuda-12.1``."""
    import_error: str | None = None
    """What ``import torch`` printed; None where it worked or was not run."""
    did_import: bool = False
