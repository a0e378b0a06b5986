"""The inner form of a spec: frozen values that the rest of torchenv works with.

``provisioner.spec.load_spec`` makes them from a ``torchenv.toml``; nothing here reads a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from provisioner.findings import Where

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

TrioMode = Literal["auto", "default", "pytorch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionWish:
    """What the spec says about the version of one trio member."""

    text: str
    """As written, for messages: ``2.6``, ``>=2.4,<2.8``, ``latest``."""
    specifier: SpecifierSet
    """The same as a set: ``2.6`` is ``==2.6.*``, ``2.2.0`` is ``==2.2.0``, ``latest`` is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """The spec does not name this trio member: the plan takes the one that belongs to torch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOut:
    """The spec says ``false``: the trio member is not wanted."""


CompanionWish = VersionWish | Follow | LeaveOut


class Project(NamedTuple):
    """A dependency that is a folder with a project: ``path`` of its table."""

    folder: str
    """Absolute."""
    path: str
    """The same seen from the spec's folder, with slashes; a lock names it so."""
    editable: bool = False
    asks_for: tuple[str, ...] = ()
    """What its ``pyproject.toml`` says that a resolution depends on, as short texts, sorted."""


class Repository(NamedTuple):
    """A dependency that is a project in a git repository: ``git`` of its table."""

    url: str
    """Without credentials."""
    rev: str | None = None
    """Branch, tag or commit; None is the default branch."""
    subdirectory: str | None = None

    def at(self, rev: str | None) -> str:
        """Return the URL of a state of the repository, as PEP 508 requirements take it."""
        revision = "" if rev is None else f"@{rev}"
        fragment = "" if self.subdirectory is None else f"#subdirectory={self.subdirectory}"
        return f"git+{self.url}{revision}{fragment}"


class Dependency(NamedTuple):
    """One entry of ``[dependencies]``."""

    name: NormalizedName
    specifier: SpecifierSet
    extras: tuple[str, ...] = ()
    origin: Project | Repository | None = None
    """What it is built from; None for a wheel of an index."""
    line: int | None = None
    """Line in its file, for findings; not part of what the spec means."""
    file: str | None = None
    """The template that it stands in, as a user would type it; None for the spec itself."""

    def __str__(self) -> str:
        """As a PEP 508 requirement."""
        return self.requirement()

    def requirement(self, commit: str | None = None) -> str:
        """Return it as a PEP 508 requirement, a repository at this commit if one is named."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        match self.origin:
            case Project(folder=folder):
                return f"{self.name}{extras} @ {Path(folder).as_uri()}"
            case Repository() as repository:
                return f"{self.name}{extras} @ {repository.at(commit or repository.rev)}"
            case None:
                return f"{self.name}{extras}{self.specifier}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """``[sources]``: what the spec says about where packages come from.

    None (or an empty tuple) means that the spec is silent and pip's own configuration decides.
    """

    pytorch: str = "https://download.pytorch.org/whl"
    """Base URL of PyTorch's index or of a mirror in the same layout, without a final slash."""
    pytorch_layout: Literal["index", "flat"] = "index"
    """``flat``: ``pytorch`` is a page that links wheels of all accelerators and projects."""
    trio: TrioMode = "auto"
    """``auto``: the default index where its own build is the wanted one, else PyTorch's."""
    isolated: bool = False
    """Take everything, not only the trio, from PyTorch's index."""
    index: str | None = None
    extra_indexes: tuple[str, ...] | None = None
    find_links: tuple[str, ...] | None = None
    constraints: tuple[str, ...] | None = None
    no_index: bool | None = None
    allow_sdist: tuple[str, ...] = ()
    """Normalised names, sorted, of packages that may be built from source distributions."""
    record: Literal["mirror", "public"] = "mirror"
    """Whose addresses a lock names for what a mirror of PyTorch's index serves."""
    exclude_newer: str | None = None
    """As written: a date, a time or an age; ``newest_instant`` understands it."""
    proxy: str | None = None
    cert: str | None = None
    client_cert: str | None = None
    trusted_hosts: tuple[str, ...] | None = None
    timeout_s: float | None = None
    trust_lock: tuple[str, ...] = ()
    """What a lock may name although it is not safe: ``http``, ``file``, ``outside``,
    ``credentials``."""
    connections: int | None = None
    store: str | None = None
    stores: tuple[str, ...] | None = None
    relative: tuple[str, ...] = ()
    """Those paths of ``find_links`` and ``constraints`` that the spec gives from its own folder.
    All paths here, these too, are absolute."""


class SpecFile(NamedTuple):
    """A file of this machine that a spec was read from."""

    path: Path
    """Absolute."""
    sha256: str
    """Of its bytes when it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetWish:
    """What the spec wants for one target, with what it inherits from ``[environment]``."""

    name: str | None
    """``cluster`` for ``[targets.cluster]``; None for the one target of a spec without targets."""
    python: str
    """Minor version or exact one, ``t`` appended for a free-threaded build: ``3.11``, ``3.11.7``,
    ``3.13t``; or a range of minor versions that the plan chooses from: ``>=3.10,<3.13``."""
    accelerator: str
    """``cpu``, ``cu118``, ``rocm6.4``, ``xpu``."""
    platform: str | None = None
    """``linux-x86_64`` and the like; None is the platform of this host."""
    driver: str | None = None
    """Lowest NVIDIA driver among the machines of the target, ``535.129.03``."""
    gpus: tuple[str, ...] = ()
    """GPUs that it must run on, as written: ``sm_70``, ``gfx90a``, ``RTX 4090``."""
    glibc: str | None = None
    """Lowest glibc among the machines of the target, ``2.28``."""
    macos: str | None = None
    """Lowest macOS among them, ``13.0``."""

    @property
    def has_range(self) -> bool:
        """Whether ``python`` is a range, so that a plan has to choose."""
        return not self.python[:1].isdigit()

    def python_given(self, chosen: str) -> str:
        """Return the Python that the environment needs.

        Args:
            chosen: The minor version that was planned or locked; of a range it decides.
        """
        return chosen if self.has_range else self.python


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A whole, valid spec."""

    file: Path
    """Absolute path of the spec."""
    stem: str
    """``torchenv`` for ``torchenv.toml``; names the lock. ``[a-z0-9_-]+``."""
    targets: tuple[TargetWish, ...]
    """At least one; several have names, and stand in the order of their names."""
    siblings: tuple[TargetWish, ...] = ()
    """The other targets, of a spec that was narrowed to one of them."""
    asked_for: str | None = field(default=None, compare=False)
    """The name of the target, if a person asked for it and it was not chosen for the machine."""
    path: Path
    """Absolute path of the environment."""
    seed: bool
    """Whether pip is a locked package of the environment."""
    keep: int = 2
    """How many generations of the environment stay, the current one included."""
    keep_days: int | None = None
    """Older generations than this go, whatever their number; None keeps them."""
    torch: VersionWish
    torchvision: CompanionWish
    torchaudio: CompanionWish
    dependencies: tuple[Dependency, ...] = ()
    """Sorted by name."""
    sources: Sources = field(default_factory=Sources)
    lines: tuple[tuple[str, int], ...] = ()
    """(dotted key, line) of every key of the spec and its templates, for findings of later
    steps."""
    templates: tuple[tuple[str, str], ...] = ()
    """(dotted key, file as a user would type it) of those keys that stand in a template."""
    inputs: tuple[SpecFile, ...] = field(default=(), compare=False)
    """The files of this machine that it was read from, the spec itself first. Templates of the
    network are not among them: their hashes stand in these files."""
    shown: str = field(default="torchenv.toml", compare=False)
    """Path of the spec as the user would type it, for messages."""

    def line_of(self, key: str) -> int | None:
        """Line on which ``key`` (dotted) stands in its file, or None where it does not."""
        return dict(self.lines).get(key)

    def where(self, key: str) -> Where:
        """Return where ``key`` (dotted) stands: in the spec, or in the template that has it."""
        file = dict(self.templates).get(key, self.shown)
        return Where(file=file, line=self.line_of(key), key=key)

    def where_dependency(self, dependency: Dependency, key: str) -> Where:
        """Return where a dependency stands; ``key`` is what a finding calls it."""
        if dependency.line is None:
            return self.where(key)
        return Where(file=dependency.file or self.shown, line=dependency.line, key=key)

    def key_of(self, target: TargetWish, key: str) -> str:
        """Return the dotted key that gives a target its ``python``, ``accelerator`` and so on.

        That is ``targets.<name>.<key>`` where the target has its own, else ``environment.<key>``,
        whether or not that is there.
        """
        own = f"targets.{target.name}.{key}"
        return own if self.line_of(own) is not None else f"environment.{key}"

    def target(self, name: str | None) -> TargetWish:
        """Return the target of that name, None for the one of a spec without named targets.

        Raises:
            LookupError: The spec has no such target.
        """
        for target in self.targets:
            if target.name == name:
                return target
        raise LookupError(name)

    def narrowed(self, name: str | None) -> Spec:
        """Return the spec with the target of that name alone; the others become its siblings.

        Raises:
            LookupError: The spec has no such target.
        """
        one = self.target(name)
        others = tuple(target for target in self.targets if target != one)
        return replace(self, targets=(one,), siblings=self.siblings + others)

    @property
    def widened(self) -> Spec:
        """The spec with all its targets again, after :meth:`narrowed`."""
        everybody = sorted((*self.targets, *self.siblings), key=lambda target: target.name or "")
        return replace(self, targets=tuple(everybody), siblings=(), asked_for=None)

    @property
    def sole(self) -> TargetWish:
        """The target of a spec that has just one.

        Raises:
            ValueError: It has several.
        """
        (target,) = self.targets
        return target

    @property
    def asked(self) -> frozenset[str]:
        """Names of the packages that it asks for itself; all others come with them."""
        wishes = {
            "torch": self.torch,
            "torchvision": self.torchvision,
            "torchaudio": self.torchaudio,
        }
        trio = (name for name, wish in wishes.items() if not isinstance(wish, LeaveOut))
        return frozenset((*trio, *(one.name for one in self.dependencies)))

    @property
    def has_range(self) -> bool:
        """Whether a target leaves the choice of its Python to the plan."""
        return any(target.has_range for target in self.targets)

    def with_pythons(self, chosen: Mapping[str, str]) -> Spec:
        """Return the spec with the Python that was chosen in the place of each range.

        It is for planning: its digest is that of another spec.

        Args:
            chosen: The text of a range to a minor version; other ranges stay.
        """
        targets = tuple(
            replace(one, python=chosen.get(one.python, one.python)) for one in self.targets
        )
        return replace(self, targets=targets)

    @property
    def python(self) -> str:
        """Python of the sole target."""
        return self.sole.python

    @property
    def accelerator(self) -> str:
        """Accelerator of the sole target."""
        return self.sole.accelerator

    @property
    def platform(self) -> str | None:
        """Platform of the sole target, None for this host's."""
        return self.sole.platform

    def lock_file_of(self, target: str | None) -> Path:
        """Return the path of a target's lock, beside the spec (PEP 751 file naming).

        ``pylock.<stem>-<target>.toml``, or ``pylock.<stem>.toml`` where the target has no name.
        """
        suffix = "" if target is None else f"-{target}"
        return self.file.parent / f"pylock.{self.stem}{suffix}.toml"

    @property
    def lock_file(self) -> Path:
        """Path of the lock of the sole target."""
        return self.lock_file_of(self.sole.name)
