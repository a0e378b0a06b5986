"""A project that can be applied without planning or locking: spec, lock, wheels, store.

Everything is made from the project's folder and a few words, so that a child process can make the
same again.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.environment import ApplyRequest, apply_lock
from provisioner.environment._virtualenv import VenvSource
from provisioner.events import Reporter
from provisioner.host import Interpreter
from provisioner.lockfile import Lock, LockedPackage, LockedWheel
from provisioner.network import Client, Network
from provisioner.planner import ChosenBuild, Target
from provisioner.spec import load_spec, spec_digest
from provisioner.store import Store, WantedWheel
from tests.support.command import clean_environ
from tests.support.contents import Build, console_scripts, stand_in
from tests.support.wheels import Wheel, build_wheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provisioner.environment import Applied
    from provisioner.spec import Spec
    from tests.support.wheels import Member

PYTHON = "{}.{}".format(*sys.version_info)
"""Minor version of the Python that runs the tests, which the environments get too."""


class Steps(Reporter):
    """Remembers what was reported."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.steps: list[str] = []
        self.details: list[str] = []

    def step(self, text: str) -> None:
        """Remember a step."""
        self.steps.append(text)

    def detail(self, text: str) -> None:
        """Remember a detail."""
        self.details.append(text)


def put_wheel(store: Store, name: str, content: bytes) -> LockedWheel:
    """Put a wheel into the store, and return it as a lock names it."""
    sha256 = hashlib.sha256(content).hexdigest()
    url = f"https://registry.example/{name.replace('+', '%2B')}"
    wheel = LockedWheel(name=name, url=url, size=len(content), sha256=sha256)
    path = stored(store, wheel)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(content)
    return wheel


def stored(store: Store, wheel: LockedWheel) -> Path:
    """Return where a locked wheel lies in the store."""
    return store.path(
        WantedWheel(name=wheel.name, url=wheel.url, size=wheel.size, sha256=wheel.sha256)
    )


def tiny(
    project: str,
    version: str,
    *,
    accelerator: str = "",
    members: tuple[Member, ...] = (),
    requires: tuple[str, ...] = (),
) -> Wheel:
    """Describe a tiny wheel that every Python installs; ``members`` replace or add files."""
    build = Build(project=project, version=version, accelerator=accelerator, requires=requires)
    files = {member.path: member for member in (*stand_in(build), *members)}
    return Wheel(
        project=project,
        version=version,
        tag="py3-none-any",
        members=tuple(files.values()),
        console_scripts=console_scripts(project),
    )


def trio(version: str = "2.2.0", accelerator: str = "cpu", vision: str = "0.17.0") -> list[Wheel]:
    """Describe torch, torchvision and torchaudio of one release."""
    local = f"+{accelerator}"
    pin = (f"torch=={version}",)
    return [
        tiny("torch", version + local, accelerator=accelerator),
        tiny("torchvision", vision + local, accelerator=accelerator, requires=pin),
        tiny("torchaudio", version + local, accelerator=accelerator, requires=pin),
    ]


@dataclass(frozen=True, kw_only=True)
class Project:
    """One project folder with its store."""

    root: Path
    store: Store
    environ: dict[str, str]

    @property
    def link(self) -> Path:
        """The environment's path."""
        return self.root / ".venv"

    @property
    def generations(self) -> list[str]:
        """What lies where the generations are, the files for locking left out."""
        folder = self.root / ".torchenv" / ".venv"
        paths = list(folder.iterdir()) if folder.exists() else []
        # A removed generation leaves a link to the environment.
        links = {path.name for path in paths if path.is_symlink() and path.name.isdigit()}
        names = {path.name for path in paths} - links
        own = {"lock", "lock-holder", "last-generation", "history.jsonl", "unpacked"}
        return sorted(names - own)

    @property
    def current(self) -> Path:
        """The generation that the environment leads to."""
        return self.link.parent / self.link.readlink()

    @property
    def site(self) -> Path:
        """Its ``site-packages``."""
        return next(self.current.glob("lib/python3*/site-packages"))

    def spec(self, python: str = PYTHON, path: str = ".venv", more: str = "") -> Spec:
        """Write the spec, unless it is there with the same content, and read it."""
        text = (
            f'[environment]\npython = "{python}"\naccelerator = "cpu"\npath = "{path}"\n{more}'
            '[torch]\ntorch = "2.2.0"\n'
        )
        file = self.root / "torchenv.toml"
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
        return load_spec(file)

    def lock(self, wheels: Iterable[Wheel], *, spec: Spec | None = None) -> Lock:
        """Put wheels into the store and return (and write) a lock of all of them."""
        wheels = list(wheels)
        packages = [
            LockedPackage(
                name=wheel.project.replace("_", "-").lower(),
                version=wheel.version,
                wheels=(put_wheel(self.store, wheel.file_name, build_wheel(wheel)),),
                index=None,
            )
            for wheel in wheels
        ]
        return self.lock_of(packages, spec=spec)

    def lock_of(self, packages: Iterable[LockedPackage], *, spec: Spec | None = None) -> Lock:
        """Return (and write) a lock of packages; those of the trio are its chosen builds."""
        ordered = tuple(sorted(packages, key=lambda package: package.name))
        by_name = {package.name: package for package in ordered}
        members = [
            by_name[name] for name in ("torch", "torchvision", "torchaudio") if name in by_name
        ]
        accelerator = members[0].version.partition("+")[2] or "cpu"
        file = self.root / "pylock.torchenv.toml"
        text = "".join(f"{each.name} {each.version} {each.wheel.sha256}\n" for each in ordered)
        file.write_text(text)
        spec = spec or self.spec()
        python = ".".join(spec.python.split(".")[:2])
        return Lock(
            file=file,
            digest=hashlib.sha256(text.encode()).hexdigest(),
            spec_digest=spec_digest(spec),
            target=Target(platform="linux-x86_64", python=python, accelerator=accelerator),
            requires_python=f"=={python}.*",
            trio=tuple(
                ChosenBuild(
                    name=each.name,
                    public=each.version.partition("+")[0],
                    version=each.version,
                    accelerator=accelerator,
                )
                for each in members
            ),
            constraints=(),
            packages=ordered,
            compat_version="1",
        )

    def request(
        self, lock: Lock, *, spec: Spec | None = None, wait: bool = True, repair: bool = False
    ) -> ApplyRequest:
        """Return what ``apply_lock`` needs."""
        network = Network()
        return ApplyRequest(
            build=lambda *_: (),
            spec=spec or self.spec(),
            lock=lock,
            interpreter=this_interpreter(),
            store=self.store,
            client=lambda: Client(network),
            local_sources=(),
            environ=self.environ,
            wait=wait,
            repair=repair,
        )

    def repair(self, lock: Lock) -> Applied:
        """Apply a lock, with every byte compared first."""
        return apply_lock(self.request(lock, repair=True))

    def apply(self, lock: Lock, reporter: Reporter | None = None) -> Applied:
        """Apply a lock."""
        return apply_lock(self.request(lock), reporter)


def this_interpreter() -> Interpreter:
    """Return the base of the Python that runs the tests."""
    return Interpreter(
        path=Path(getattr(sys, "_base_executable", sys.executable)),
        version="{}.{}.{}".format(*sys.version_info),
        implementation="CPython",
        free_threaded=False,
        is_64bit=True,
    )


def venv_source(project: Project) -> VenvSource:
    """Return what a virtual environment at the project's path is made from."""
    return VenvSource(
        interpreter=this_interpreter(),
        link=project.link,
        app_data=project.store.root / "virtualenv",
        environ=project.environ,
    )


def make_project(folder: Path) -> Project:
    """Make (or open) a project below ``folder``."""
    root, home, store = folder / "project", folder / "home", folder / "store"
    for path in (root, home, store):
        path.mkdir(parents=True, exist_ok=True)
    environ = {**clean_environ(home), "TORCHENV_STORE": str(store)}
    return Project(root=root, store=Store(store), environ=environ)


def without(lock: Lock, name: str) -> Lock:
    """Return a lock that lacks a package."""
    kept = tuple(package for package in lock.packages if package.name != name)
    builds = tuple(build for build in lock.trio if build.name != name)
    return replace(
        lock, packages=kept, trio=builds, digest=hashlib.sha256(name.encode()).hexdigest()
    )


def release(name: str) -> list[Wheel]:
    """Describe the trio of one of two releases, ``old`` or ``new``, and something beside it."""
    if name == "old":
        return [*trio("2.2.0"), tiny("requests", "2.32.0")]
    return [*trio("2.2.1", vision="0.17.1"), tiny("numpy", "1.26.4")]
