"""Which pip and uv there are, and when a user site counts."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from provisioner.compat import load_compat
from provisioner.doctor import (
    EnvironmentFacts,
    Tool,
    UserSite,
    collect_environment,
    collect_tools,
    collect_user_site,
    judge,
)
from tests.doctor.kit import dist, facts, install, make_venv

if TYPE_CHECKING:
    from pathlib import Path

POSIX = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows lays out the user site otherwise; not tested there"
)


def program(folder: Path, name: str, text: str) -> str:
    """Make a program and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def never(path: str) -> str:
    """Fail: nothing may be started."""
    raise AssertionError(path)


@POSIX
def test_pip_of_the_path_and_of_the_environment(tmp_path: Path) -> None:
    """The version of a pip is read from the packages beside it, of its own Python."""
    install(make_venv(tmp_path / "env"), "pip", "24.0")
    install(make_venv(tmp_path / "usr", "3.9"), "pip", "20.3")
    newer = tmp_path / "usr/lib/python3.12/site-packages"
    newer.mkdir(parents=True)
    install(newer, "pip", "25.1")
    path = program(tmp_path / "usr/bin", "pip", "#!/usr/bin/python3.9\n")
    environ = {"PATH": str(tmp_path / "usr/bin")}
    found = collect_tools(environ, collect_environment(tmp_path / "env"), never)
    inside = found[1].path
    assert found == (
        Tool(name="pip", path=path, version="20.3", where="PATH"),
        Tool(name="pip", path=inside, version="24.0", where="environment"),
    )
    assert inside.endswith("pip-24.0.dist-info")


@POSIX
def test_uv_is_asked_only_outside_of_the_environment(tmp_path: Path) -> None:
    """A uv whose version no file says is asked, but never one that lies in the environment."""
    make_venv(tmp_path / "env")
    outside = program(tmp_path / "bin", "uv", "")
    inside = program(tmp_path / "env/bin", "uv", "")
    environment = collect_environment(tmp_path / "env")
    asked = collect_tools({"PATH": str(tmp_path / "bin")}, environment, lambda _: "0.9.1")
    assert asked == (Tool(name="uv", path=outside, version="0.9.1", where="PATH"),)
    kept = collect_tools({"PATH": str(tmp_path / "env/bin")}, environment, never)
    assert kept == (Tool(name="uv", path=inside, version=None, where="PATH"),)


@POSIX
def test_when_a_user_site_counts(tmp_path: Path) -> None:
    """It counts but where it is switched off or a virtual environment stands alone."""
    site = make_venv(tmp_path / "home/.local")
    install(site, "numpy", "2.1.0")
    install(site, "requests", "2.0")
    environ = {"HOME": str(tmp_path / "home")}
    conda = EnvironmentFacts(path="env", kind="conda", python="3.11")
    venv = replace(conda, kind="venv")
    expected = UserSite(path=str(site), is_after_own=False, dists=(("numpy", "2.1.0"),))
    assert collect_user_site(environ, conda) == expected
    assert collect_user_site(environ, replace(venv, uses_system_packages=True)) == replace(
        expected, is_after_own=True
    )
    assert collect_user_site(environ, venv) is None
    assert collect_user_site({**environ, "PYTHONNOUSERSITE": "1"}, conda) is None
    assert collect_user_site(environ, replace(conda, python="3.12")) is None


@pytest.mark.parametrize(
    ("platform", "variable", "folder"),
    [
        ("linux", "HOME", ".local/lib/python3.11/site-packages"),
        ("darwin", "HOME", ".local/lib/python3.11/site-packages"),
        ("darwin", "HOME", "Library/Python/3.11/lib/python/site-packages"),
        ("darwin", "PYTHONUSERBASE", "lib/python3.11/site-packages"),
        ("win32", "APPDATA", "Python/Python311/site-packages"),
        ("win32", "PYTHONUSERBASE", "Python311/site-packages"),
    ],
)
def test_where_a_user_site_lies(tmp_path: Path, platform: str, variable: str, folder: str) -> None:
    """Each system has its own place, and each variable its own meaning."""
    site = tmp_path / folder
    site.mkdir(parents=True)
    install(site, "torch", "2.2.0")
    conda = EnvironmentFacts(path="env", kind="conda", python="3.11")
    found = collect_user_site({variable: str(tmp_path)}, conda, platform)
    assert found == UserSite(path=str(site), is_after_own=False, dists=(("torch", "2.2.0"),))


@pytest.mark.parametrize(
    ("is_after_own", "messages"),
    [
        (
            False,
            [
                "torch 2.2.0 of the user site is imported instead of torch 2.4.0.",
                "numpy 1.26.4 of the user site is imported instead of what is installed below it.",
            ],
        ),
        (
            True,
            ["numpy 1.26.4 of the user site is imported instead of what is installed below it."],
        ),
    ],
)
def test_user_site_is_judged(is_after_own: bool, messages: list[str]) -> None:  # noqa: FBT001
    """What is imported instead is told; what the environment has itself, first, is not."""
    user = UserSite(
        path="user", is_after_own=is_after_own, dists=(("torch", "2.2.0"), ("numpy", "1.26.4"))
    )
    found = judge(replace(facts(dist("torch", "2.4.0")), user_site=user), load_compat())
    assert [one.finding.message for one in found if one.finding.code == "TE877"] == messages
