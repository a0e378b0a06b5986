"""What the engine is handed: nothing secret in its arguments or files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioner.findings import WorldError
from provisioner.lockfile._inputs import check_sources, fetch_constraints
from provisioner.lockfile._request import Request, write_request
from provisioner.lockfile._sources import Index, LockSources
from provisioner.network import Client, Network

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cr3t"  # noqa: S105 - of no server
HOST = f"https://lab:{SECRET}@registry.example"


def sources(
    *,
    index: str = f"{HOST}/simple",
    find_links: tuple[str, ...] = (),
    constraints: tuple[str, ...] = (),
) -> LockSources:
    """Return sources whose every URL carries credentials."""
    return LockSources(
        trio=Index(name="pytorch", url=f"{HOST}/whl/cpu"),
        general=(Index(name="default", url=index),),
        find_links=find_links,
        constraints=constraints,
        no_index=False,
    )


def test_no_secret_in_arguments_or_files(tmp_path: Path) -> None:
    """Every user of the machine can read arguments; variables only the owner of the process."""
    mine = sources(find_links=(f"{HOST}/links/",), constraints=(f"{HOST}/limits.txt",))
    request = Request(trio=("torch==2.2.0+cpu",), routed=frozenset({"torch"}))
    arguments = write_request(tmp_path, request, mine, ("numpy<2\n",))
    assert SECRET not in " ".join(arguments)
    assert SECRET not in "".join(path.read_text() for path in tmp_path.iterdir())
    assert (tmp_path / "constraints-0.txt").read_text() == "numpy<2\n"
    assert mine.engine_environ == {
        "UV_FIND_LINKS": f"{HOST}/links/",
        "UV_INDEX_DEFAULT_USERNAME": "lab",
        "UV_INDEX_DEFAULT_PASSWORD": SECRET,
        "UV_INDEX_PYTORCH_USERNAME": "lab",
        "UV_INDEX_PYTORCH_PASSWORD": SECRET,
    }


def test_find_links_with_commas(tmp_path: Path) -> None:
    """The engine splits its variable at commas, so that none may stand in a place."""
    mine = sources(find_links=(f"{tmp_path}/a, b", "https://registry.example/a,b/"))
    first, second = mine.engine_environ["UV_FIND_LINKS"].split(",")
    assert first == f"{tmp_path.as_uri()}/a%2C%20b"
    assert second == "https://registry.example/a%2Cb/"


def test_bad_places_are_told_at_once(tmp_path: Path) -> None:
    """Every place that cannot be used is named before the engine is asked, without its secret."""
    mine = sources(
        index=f"https://lab:{SECRET}/x@registry.example/simple",
        find_links=(str(tmp_path / "gone"), "http://plain.example/links/"),
        constraints=(str(tmp_path / "limits.txt"),),
    )
    with pytest.raises(WorldError) as raised:
        check_sources(mine, Client(Network()))
    findings = raised.value.findings
    assert [one.code for one in findings] == ["TE412", "TE403", "TE411", "TE403"]
    assert "`%2F`" in findings[0].why
    assert f"`{tmp_path}/limits.txt` does not exist." in findings[3].message
    assert SECRET not in repr(findings)


def test_credentials_of_an_unusable_address_are_no_obstacle() -> None:
    """An address that nobody uses, broken as it is, does not keep others from being asked."""
    network = Network(known_urls=(f"https://lab:{SECRET}/x@registry.example/simple",))
    check_sources(sources(), Client(network))


def test_only_urls_are_fetched(tmp_path: Path) -> None:
    """Constraint files of this machine stay with the engine, which knows what they include."""
    file = tmp_path / "limits.txt"
    file.write_text("numpy<2\n")
    mine = sources(constraints=(str(file),))
    assert fetch_constraints(mine, Client(Network())) == ()
    arguments = write_request(tmp_path, Request(trio=()), mine, ())
    assert arguments[arguments.index("--constraints") + 1] == str(file)
