"""Dependencies that are built: one's own project, a repository, an allowed source distribution."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from packaging.pylock import Pylock

from provisioner import toml
from tests.support import HOST_PYTHON, run
from tests.support.command import BIN
from tests.support.folderserver import serve_folder
from tests.support.projects import commit, sdist, write_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Workspace

pytestmark = pytest.mark.e2e

SMALL: dict[str, Any] = {"torch": "2.6.0", "torchvision": False, "torchaudio": False}


def read(workspace: Workspace) -> dict[str, Any]:
    """Return the lock as TOML, accepted by ``packaging.pylock``."""
    document: dict[str, Any] = toml.loads((workspace.root / "pylock.torchenv.toml").read_text())
    Pylock.from_dict(document)
    return document


def entry(workspace: Workspace, name: str) -> dict[str, Any]:
    """Return the lock's table of a package."""
    found: dict[str, Any]
    (found,) = (one for one in read(workspace)["packages"] if one["name"] == name)
    return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Serve a folder; returns it and its URL."""
    folder = tmp_path / "site"
    folder.mkdir()
    with serve_folder(folder) as url:
        yield folder, url


def value(workspace: Workspace, module: str = "mypkg") -> str:
    """Return what the module says inside the environment."""
    code = f"import {module}; print({module}.VALUE)"
    return workspace.run_python(code).check().stdout.strip()


def test_own_project_is_used_where_it_lies(workspace: Workspace) -> None:
    """An editable project is locked by its path, with what it needs; a change of it is seen."""
    write_project(workspace.root / "src", requires=["einops"])
    mypkg = {"path": "src", "editable": True}
    workspace.write_spec(**SMALL, dependencies={"mypkg": mypkg})
    workspace.torchenv("apply").check()
    assert entry(workspace, "mypkg") == {
        "name": "mypkg",
        "directory": {"path": "src", "editable": True},
    }
    assert read(workspace)["tool"]["torchenv"]["from-source"] == ["mypkg"]
    assert entry(workspace, "einops")["version"] == "0.8.1"
    assert value(workspace) == "0.1.0"
    (workspace.root / "src/mypkg/__init__.py").write_text('VALUE = "edited"\n')
    assert value(workspace) == "edited"
    again = workspace.torchenv("apply", "--json").check().json
    assert again["did"] is False
    assert workspace.torchenv("status", "--json").check().json["state"] == "current"
    workspace.torchenv("verify").check()
    ran = workspace.torchenv("run", "--", "python", "-c", "import mypkg; print(mypkg.VALUE)")
    assert ran.check().stdout.strip() == "edited"


def test_what_a_project_needs_is_part_of_the_lock(workspace: Workspace) -> None:
    """A project that asks for more makes the lock stale, and the check names what changed."""
    folder = write_project(workspace.root / "src")
    workspace.write_spec(**SMALL, dependencies={"mypkg": {"path": "src"}})
    workspace.torchenv("lock").check()
    workspace.torchenv("lock", "--check").check()
    write_project(folder, version="0.2.0")
    workspace.torchenv("lock", "--check").check()
    write_project(folder, requires=["einops"])
    (finding,) = workspace.torchenv("lock", "--check", "--json").check(1).json["findings"]
    assert finding["why"] == "`dependencies.mypkg.asks-for` is `einops`; it was ``."
    document = workspace.torchenv("lock", "--json").check().json
    assert "einops" in {one["name"] for one in document["packages"]}
    assert document["from_source"] == [{"name": "mypkg", "source": "built, from src"}]


def test_uv_installs_an_own_project(workspace: Workspace) -> None:
    """`uv` takes the editable project from the lock's folder; pip takes no folder beside hashes."""
    write_project(workspace.root / "src")
    workspace.write_spec(**SMALL, dependencies={"mypkg": {"path": "src", "editable": True}})
    workspace.torchenv("lock").check()
    folder = workspace.root / "plain"
    run([BIN / "virtualenv", "-q", folder], environ=workspace.environ).check()
    words: list[str | Path] = [
        BIN / "uv",
        "pip",
        "sync",
        "--preview-features",
        "pylock",
        "pylock.torchenv.toml",
    ]
    words += ["--python", folder / "bin/python"]
    run(words, environ=workspace.environ, cwd=workspace.root).check()
    ran = workspace.run_python("import mypkg, torch; print(mypkg.VALUE)", folder)
    assert ran.check().stdout.strip() == "0.1.0"


def test_repository_is_locked_by_its_commit(workspace: Workspace, site: tuple[Path, str]) -> None:
    """A branch is locked as the commit that it leads to, and stays there until it is upgraded."""
    folder, url = site
    source = write_project(folder / "team")
    first = commit(source, workspace.environ)
    git = {"git": f"{url}/team/.git", "rev": "main"}
    workspace.write_spec(**SMALL, dependencies={"mypkg": git})
    workspace.torchenv("apply").check()
    vcs = entry(workspace, "mypkg")["vcs"]
    assert vcs == {
        "type": "git",
        "url": f"{url}/team/.git",
        "requested-revision": "main",
        "commit-id": first,
    }
    assert value(workspace) == "0.1.0"
    write_project(source, version="0.2.0")
    second = commit(source, workspace.environ)
    workspace.write_spec(**SMALL, dependencies={"mypkg": git, "einops": "*"})
    workspace.torchenv("lock").check()
    assert entry(workspace, "mypkg")["vcs"]["commit-id"] == first
    workspace.torchenv("lock", "--upgrade-package", "mypkg").check()
    assert entry(workspace, "mypkg")["vcs"]["commit-id"] == second
    assert len(second) == 40


def offer_sdist(folder: Path, *, name: str = "oldpkg") -> str:
    """Put a project with a source distribution alone on an index; returns its sha256."""
    content = sdist(name=name, version="1.0")
    digest = hashlib.sha256(content).hexdigest()
    place = folder / name
    place.mkdir()
    (place / f"{name}-1.0.tar.gz").write_bytes(content)
    link = f'<a href="{name}-1.0.tar.gz#sha256={digest}">{name}-1.0.tar.gz</a>'
    (place / "index.html").write_text(f"<!DOCTYPE html>{link}")
    return digest


def test_source_distribution_is_built_where_it_is_allowed(
    workspace: Workspace, site: tuple[Path, str]
) -> None:
    """It is refused unless the spec allows it, then locked by its hash and marked."""
    folder, url = site
    digest = offer_sdist(folder)
    sources: dict[str, Any] = {"extra-indexes": [url]}
    workspace.write_spec(**SMALL, dependencies={"oldpkg": "*"}, sources=sources)
    refused = workspace.torchenv("lock", "--json").check(3).json
    assert "allow-sdist" in refused["findings"][0]["do"]
    sources["allow-sdist"] = ["oldpkg", "einops"]
    dependencies = {"oldpkg": "*", "einops": "*"}
    workspace.write_spec(**SMALL, dependencies=dependencies, sources=sources)
    workspace.torchenv("apply").check()
    found = entry(workspace, "oldpkg")
    assert found["sdist"]["hashes"] == {"sha256": digest}
    assert (found["version"], found["index"]) == ("1.0", url)
    assert read(workspace)["tool"]["torchenv"]["from-source"] == ["oldpkg"]
    assert "wheels" in entry(workspace, "einops")
    assert value(workspace, "oldpkg") == "1.0"
    # What was built is remembered: another generation needs no build, and no other bytes.
    shutil.rmtree(folder / "oldpkg")
    shutil.rmtree(workspace.root / ".torchenv")
    workspace.environment.unlink()
    workspace.torchenv("apply", "--offline").check()
    assert value(workspace, "oldpkg") == "1.0"


def test_other_bytes_of_a_source_distribution_are_not_built(
    workspace: Workspace, site: tuple[Path, str]
) -> None:
    """The hash of the lock holds for what is built, too."""
    folder, url = site
    offer_sdist(folder)
    sources = {"extra-indexes": [url], "allow-sdist": ["oldpkg"]}
    workspace.write_spec(**SMALL, dependencies={"oldpkg": "*"}, sources=sources)
    workspace.torchenv("lock").check()
    file = folder / "oldpkg/oldpkg-1.0.tar.gz"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    (finding,) = workspace.torchenv("apply", "--json").check(3).json["findings"]
    assert finding["code"] == "TE446"
    assert "oldpkg==1.0`" in finding["why"]


def test_build_that_fails_is_a_finding(workspace: Workspace) -> None:
    """What the build says is told, and the environment is not made."""
    folder = write_project(workspace.root / "src")
    workspace.write_spec(**SMALL, dependencies={"mypkg": {"path": "src"}})
    workspace.torchenv("lock").check()
    (folder / "backend.py").write_text("raise RuntimeError('no compiler here')\n")
    (finding,) = workspace.torchenv("apply", "--json").check(3).json["findings"]
    assert finding["code"] == "TE446"
    assert "no compiler here" in finding["why"]
    assert not workspace.environment.exists()


def test_bundle_with_a_project_is_refused(workspace: Workspace) -> None:
    """A bundle holds wheels only."""
    write_project(workspace.root / "src")
    workspace.write_spec(**SMALL, dependencies={"mypkg": {"path": "src"}})
    workspace.torchenv("lock").check()
    (finding,) = workspace.torchenv("bundle", "out", "--json").check(3).json["findings"]
    assert finding["code"] == "TE447"


def test_project_outside_is_refused_unless_trusted(workspace: Workspace, tmp_path: Path) -> None:
    """A path that leaves the spec's folder needs a word of trust, in the spec as in the lock."""
    write_project(tmp_path / "elsewhere")
    mypkg = {"path": "../elsewhere"}
    workspace.write_spec(**SMALL, dependencies={"mypkg": mypkg})
    (finding,) = workspace.torchenv("lock", "--json").check(2).json["findings"]
    assert (finding["code"], finding["where"]["key"]) == ("TE118", "dependencies.mypkg.path")
    sources = {"trust-lock": ["outside"]}
    workspace.write_spec(**SMALL, dependencies={"mypkg": mypkg}, sources=sources)
    workspace.torchenv("lock").check()
    assert entry(workspace, "mypkg")["directory"]["path"] == "../elsewhere"


def test_folder_that_is_no_such_project_is_refused(workspace: Workspace) -> None:
    """A missing folder, one without a project, and one with another project."""
    (workspace.root / "empty").mkdir()
    write_project(workspace.root / "other", name="other")
    paths = {"empty": "empty", "gone": "gone", "mypkg": "other"}
    dependencies = {name: {"path": path} for name, path in paths.items()}
    workspace.write_spec(**SMALL, dependencies=dependencies)
    findings = workspace.torchenv("plan", "--json").check(2).json["findings"]
    assert [(one["code"], one["message"]) for one in findings] == [
        (
            "TE117",
            "`empty` is to come from `empty`, a folder without `pyproject.toml` and `setup.py`.",
        ),
        ("TE117", "`gone` is to come from `gone`, which is no folder."),
        ("TE117", "`mypkg` is to come from `other`, and the project there is called `other`."),
    ]


def test_in_place_too(workspace: Workspace) -> None:
    """A project is built into an environment that is changed in place."""
    write_project(workspace.root / "src")
    workspace.write_spec(**SMALL, python=HOST_PYTHON, dependencies={"mypkg": {"path": "src"}})
    run([BIN / "virtualenv", "-q", workspace.environment], environ=workspace.environ).check()
    workspace.torchenv("apply", "--in-place").check()
    assert value(workspace) == "0.1.0"
    assert workspace.torchenv("apply", "--in-place", "--json").check().json["did"] is False


def test_add_of_a_folder(workspace: Workspace) -> None:
    """``add ./folder`` writes the project's name, seen from the spec, and locks it."""
    write_project(workspace.root / "src", name="my_pkg")
    workspace.write_spec(**SMALL)
    workspace.torchenv("add", "./src", "--no-apply").check()
    assert (
        'my-pkg = {path = "src", editable = true}' in (workspace.root / "torchenv.toml").read_text()
    )
    assert entry(workspace, "my-pkg")["directory"] == {"path": "src", "editable": True}
    (finding,) = workspace.torchenv("add", "./nothing", "--json").check(2).json["findings"]
    assert finding["code"] == "TE117"
