"""What is killed: each way in which torchenv changes an environment.

An operation is a world before, the change, and what may be found after a kill: the old state or the
new one. All of them work on tiny wheels, in one folder that is put back before each kill.
"""

from __future__ import annotations

import io
import shutil
import zipfile
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from provisioner._entry import _read_pointer
from provisioner._quick_switch import roll_back_at_once
from provisioner.environment import (
    apply_lock,
    destroy,
    environment_status,
    roll_back,
    tidy,
)
from provisioner.environment._virtualenv import create_virtualenv
from provisioner.environment.inplace import (
    InPlaceRequest,
    apply_in_place,
    ask_site,
    in_place_status,
)
from provisioner.environment.inplace._transaction import Transaction, moves_of
from tests.environment.kit import Project, release, tiny, trio, venv_source
from tests.support.wheels import build_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from provisioner.environment.inplace import Site
    from provisioner.events import Reporter
    from tests.support.wheels import Wheel

_ALSO_IN_SITE: Final = frozenset(
    {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json"}
)
"""Written by installers into every ``.dist-info``."""
_NOT_OF_WHEELS: Final = frozenset({"_virtualenv.py", "_virtualenv.pth"})
"""What ``virtualenv`` puts into every environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One change of an environment, and what may be left by a kill in the middle of it."""

    name: str
    prepare: Callable[[Project], None]
    """Makes the world before."""
    change: Callable[[Project, Reporter], None]
    """What is killed."""
    before: str
    """State of the world before, as ``state_of`` names it."""
    after: str
    """State after the change."""
    settled: Callable[[Project], None]
    """Checks that nothing is left over, after the change was made again to its end."""
    look: Callable[[Project], str] = lambda project: state_of(project)  # noqa: PLW0108 - defined below
    """Returns what is there; in place, after what any next command does first."""
    lie: Callable[[Project], str] = lambda project: lie_of(project)  # noqa: PLW0108 - as above
    """Returns what ``status`` says wrongly, empty where it tells the truth; asked first."""


def wheels_of(name: str) -> list[Wheel]:
    """Describe a release: ``old``, ``new``, or ``cu118``, the old one for another accelerator."""
    if name == "cu118":
        return [*trio("2.2.0", accelerator="cu118"), tiny("requests", "2.32.0")]
    return release(name)


RELEASES: Final = ("old", "new", "cu118")


@cache
def _contents(name: str) -> dict[str, bytes]:
    """Return what a release puts into ``site-packages``, from its wheels alone."""
    contents = {}
    for wheel in wheels_of(name):
        with zipfile.ZipFile(io.BytesIO(build_wheel(wheel))) as archive:
            contents.update({each: archive.read(each) for each in archive.namelist()})
    return {path: text for path, text in contents.items() if not path.endswith("/RECORD")}


def holds(site: Path, name: str, beside: Collection[str] = ()) -> bool:
    """Whether ``site-packages`` holds the files of a release, and no others but ``beside``."""
    found = {
        str(path.relative_to(site)): path.read_bytes()
        for path in site.rglob("*")
        if path.is_file() and path.name not in _ALSO_IN_SITE
    }
    own = {
        path: content
        for path, content in found.items()
        if "__pycache__" not in path and path not in _NOT_OF_WHEELS and path not in beside
    }
    return own == _contents(name)


def state_of(project: Project) -> str:
    """Return what is at the environment's path, judged by the wheels' bytes alone.

    ``absent``, ``foreign`` (the untouched environment of another tool), the name of a release,
    ``damaged`` (the old release with its one damaged file), or a text that no test expects.
    """
    link = project.link
    if not link.is_symlink():
        if not link.exists():
            return "absent"
        return "foreign" if _is_untouched(link) else "a changed foreign folder"
    if not (link / "bin/python").exists():
        return "a link to nothing"
    for name in RELEASES:
        if holds(project.site, name):
            return name
    damaged = project.site / DAMAGED
    if damaged.is_file() and damaged.read_bytes() == b"":
        return "damaged"
    return "a mixture"


DAMAGED: Final = "torch/version.py"


def lie_of(project: Project) -> str:
    """Return what ``status`` says wrongly of an environment."""
    state = state_of(project)
    told = told_of(project, state)
    return "" if told == expected_of(state) else f"status says {told} of {state}"


def told_of(project: Project, state: str) -> str:
    """Return what ``status`` says, compared with the release that is there (else with the old)."""
    name = state if state in RELEASES else "old"
    return environment_status(project.spec(), project.lock(wheels_of(name))).state


def expected_of(state: str) -> str:
    """Return what ``status`` must say in a state."""
    return "current" if state in RELEASES else state


# -- worlds before


def _nothing(project: Project) -> None:
    project.lock(wheels_of("old"))


def _old(project: Project) -> None:
    project.apply(project.lock(wheels_of("old")))


def _damaged(project: Project) -> None:
    _old(project)
    (project.site / DAMAGED).write_bytes(b"")


def _foreign(project: Project) -> None:
    _nothing(project)
    (project.link / "bin").mkdir(parents=True)
    (project.link / "pyvenv.cfg").write_text("home = /usr/bin\n")
    (project.link / "bin/python").write_text("#!/bin/sh\n")


def _in_place(project: Project) -> None:
    """An environment of another tool, changed in place before, with a package of the user's."""
    lock = project.lock(wheels_of("old"))
    create_virtualenv(project.link, venv_source(project))
    site = site_of(project)
    apply_in_place(InPlaceRequest(apply=project.request(lock), site=site))
    for path, text in MINE.items():
        (site.purelib / path).parent.mkdir(exist_ok=True)
        (site.purelib / path).write_text(text)


MINE: Final = {
    "mine/__init__.py": "here = True\n",
    "mine-1.0.dist-info/METADATA": "Name: mine\nVersion: 1.0\n",
    "mine-1.0.dist-info/RECORD": "mine/__init__.py,,\n",
}
"""A package that the user installed beside those of the lock."""


def site_of(project: Project) -> Site:
    """Ask the environment that is changed in place."""
    return ask_site(project.link / "bin/python", project.environ)


def _look_in_place(project: Project) -> str:
    """Do what every command in place does first, and return which release is there."""
    site = site_of(project)
    Transaction(site.prefix / ".torchenv/in-place").recover()
    if any((site.purelib / path).read_text() != text for path, text in MINE.items()):
        return "the user's own package changed"
    for name in RELEASES:
        if holds(site.purelib, name, beside=(*MINE, site.notes.name)):
            return name
    return "a mixture"


def _lie_in_place(project: Project) -> str:
    site, journal = site_of(project), project.link / ".torchenv/in-place/journal"
    told = in_place_status(site, project.lock(wheels_of("cu118")))
    if journal.exists():
        return "" if told == "damaged" else f"status says {told} in the middle of an apply"
    # Between the commit and the notes about it nothing is known, which is no lie.
    truths = {"old": {"stale"}, "cu118": {"current", "foreign"}}
    state = _look_in_place(project)
    return "" if told in truths.get(state, set()) else f"status says {told} of {state}"


def _half_changed(project: Project) -> None:
    """Killed in the middle of an apply in place: old files moved aside, others in their place."""
    _in_place(project)
    site = site_of(project)
    transaction = Transaction(site.prefix / ".torchenv/in-place")
    new = {}
    for name in ("torch/version.py", "torch/new.py"):
        prepared = transaction.stage / name
        prepared.parent.mkdir(parents=True, exist_ok=True)
        prepared.write_text("new = True\n")
        new[str(prepared)] = str(site.purelib / name)
    old = [str(path) for path in (site.purelib / "torch").rglob("*.py")]
    transaction.run(moves_of(old, new.items()))


def _finish_in_place(project: Project, reporter: Reporter) -> None:
    request = project.request(project.lock(wheels_of("old")))
    apply_in_place(InPlaceRequest(apply=request, site=site_of(project)), reporter)


def _settled_undone(project: Project) -> None:
    assert not (project.link / ".torchenv").exists()
    assert in_place_status(site_of(project), project.lock(wheels_of("old"))) == "current"


def _settled_in_place(project: Project) -> None:
    assert not (project.link / ".torchenv").exists()
    assert _lie_in_place(project) == ""
    assert in_place_status(site_of(project), project.lock(wheels_of("cu118"))) == "current"


def _change_in_place(project: Project, reporter: Reporter) -> None:
    request = project.request(project.lock(wheels_of("cu118")))
    apply_in_place(InPlaceRequest(apply=request, site=site_of(project)), reporter)


def _is_untouched(link: Path) -> bool:
    names = sorted(str(path.relative_to(link)) for path in link.rglob("*"))
    return names == ["bin", "bin/python", "pyvenv.cfg"]


def _twice(project: Project) -> None:
    _old(project)
    project.apply(project.lock(wheels_of("new")))


def _many(project: Project) -> None:
    """Two generations, one that is incomplete, and one whose removal was interrupted."""
    _old(project)
    project.apply(project.lock(wheels_of("new")))
    root = project.root / ".torchenv/.venv"
    for name in ("0003", "0004.gone"):
        shutil.copytree(root / "0001", root / name, symlinks=True)
    (root / "0003/.building").mkdir()


# -- changes


def _apply(name: str) -> Callable[[Project, Reporter], None]:
    def change(project: Project, reporter: Reporter) -> None:
        apply_lock(project.request(project.lock(wheels_of(name))), reporter)

    return change


def _tidy(project: Project, reporter: Reporter) -> None:
    tidy(project.link, project.environ, reporter, keep=0)


def _roll_back(project: Project, reporter: Reporter) -> None:
    # To the old one by its number: to "the one before" would go there and back.
    if state_of(project) != "old":
        roll_back(project.spec(), 1, reporter)


def _roll_back_at_once(project: Project, reporter: Reporter) -> None:
    """Do as the command does: at once where all is plain, else by the whole program."""
    if state_of(project) == "old":
        return
    try:
        roll_back_at_once(_read_pointer(str(project.spec().file)), 1)
    except (OSError, ValueError, KeyError):
        roll_back(project.spec(), 1, reporter)


def _destroy(project: Project, reporter: Reporter) -> None:
    destroy(project.link, reporter)


# -- what must not be left


def no_litter(project: Project) -> None:
    """Nothing lies about that an apply leaves only while it works."""
    root = project.root / ".torchenv/.venv"
    inside = {path.name for path in root.iterdir()}
    assert not {name for name in inside if name.endswith((".gone", ".tmp"))}, inside
    assert not list(root.glob("*/.building")), "an incomplete generation"
    assert not list(project.root.glob(".*-new")), "a link that was on its way"
    assert not list(project.root.glob(".torchenv-probe-*")), "a probe"


def _no_old_generation(project: Project) -> None:
    no_litter(project)
    root = project.root / ".torchenv/.venv"
    assert sorted(path.name for path in root.glob("0*") if not path.is_symlink()) == ["0002"]


def _nothing_left(project: Project) -> None:
    assert sorted(path.name for path in project.root.iterdir()) == [
        "pylock.torchenv.toml",
        "torchenv.toml",
    ]


def _kept_aside(project: Project) -> None:
    no_litter(project)
    assert _is_untouched(project.root / ".torchenv/.venv/0000-kept-1")


OPERATIONS: Final = (
    Operation(
        name="first apply",
        prepare=_nothing,
        change=_apply("old"),
        before="absent",
        after="old",
        settled=no_litter,
    ),
    Operation(
        name="upgrade",
        prepare=_old,
        change=_apply("new"),
        before="old",
        after="new",
        settled=no_litter,
    ),
    Operation(
        name="switch of accelerator",
        prepare=_old,
        change=_apply("cu118"),
        before="old",
        after="cu118",
        settled=no_litter,
    ),
    Operation(
        name="repair",
        prepare=_damaged,
        change=_apply("old"),
        before="damaged",
        after="old",
        settled=no_litter,
    ),
    Operation(
        name="rollback",
        prepare=_twice,
        change=_roll_back,
        before="new",
        after="old",
        settled=no_litter,
    ),
    Operation(
        name="rollback at once",
        prepare=_twice,
        change=_roll_back_at_once,
        before="new",
        after="old",
        settled=no_litter,
    ),
    Operation(
        name="adopting",
        prepare=_foreign,
        change=_apply("old"),
        before="foreign",
        after="old",
        settled=_kept_aside,
    ),
    Operation(
        name="in place",
        prepare=_in_place,
        change=_change_in_place,
        before="old",
        after="cu118",
        settled=_settled_in_place,
        look=_look_in_place,
        lie=_lie_in_place,
    ),
    Operation(
        name="undoing in place",
        prepare=_half_changed,
        change=_finish_in_place,
        before="old",
        after="old",
        settled=_settled_undone,
        look=_look_in_place,
        lie=_lie_in_place,
    ),
    Operation(
        name="clean-up",
        prepare=_many,
        change=_tidy,
        before="new",
        after="new",
        settled=_no_old_generation,
    ),
    Operation(
        name="destroying",
        prepare=_old,
        change=_destroy,
        before="old",
        after="absent",
        settled=_nothing_left,
    ),
)
