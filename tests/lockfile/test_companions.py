"""Companions by torch's own metadata: a hint, and how it is found wanting."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import pytest

from provisioner.findings import Finding, VerificationError, WorldError
from provisioner.lockfile._companions import named_companions
from provisioner.lockfile._origins import Resolution
from provisioner.lockfile._request import Request
from provisioner.lockfile._resolve import Resolver, settle
from provisioner.lockfile._sources import Index, LockSources
from provisioner.network import Client, IndexFile, Page
from provisioner.planner import Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.engine import Engine

METADATA = b"""\
Metadata-Version: 2.4
Name: torch
Requires-Dist: filelock
Requires-Dist: Triton==3.5.1; platform_system == "Linux"
Requires-Dist: nvidia-nccl-cu12==2.27; platform_system == "Linux" and platform_machine == "x86_64"
Requires-Dist: nvidia-lab; extra == "lab"
Requires-Dist: ???
"""
TRIO = "https://download.pytorch.org/whl/cu126"
GENERAL = "https://registry.example/simple"
WHEEL = IndexFile(name="torch-2.9.1.whl", url=f"{TRIO}/torch-2.9.1.whl", has_metadata=True)


def is_companion(name: str) -> bool:
    """Whether a name travels with torch."""
    return name == "triton" or name.startswith("nvidia-")


class Sidecars:
    """A client that has torch's metadata only."""

    def get(self, url: str, *, accept: str) -> Page:
        """Return it."""
        assert accept == "*/*"
        return Page(url=url, content_type="text/plain", body=METADATA)


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        ("linux-x86_64", {"triton", "nvidia-nccl-cu12"}),
        ("linux-aarch64", {"triton"}),
        ("macos-arm64", set()),
        ("windows-x86_64", set()),
    ],
)
def test_markers_are_those_of_the_target(platform: str, names: set[str]) -> None:
    """What another platform needs, and what only an extra needs, is left out."""
    target = Target(platform=platform, python="3.13t", accelerator="cu126")
    client = cast("Client", Sidecars())
    named = named_companions(WHEEL, target, client, is_companion)
    assert named is not None
    assert named == names


@dataclass
class Asked:
    """Answers that the engine gives in turn, and what it was asked for."""

    answers: list[Resolution | WorldError]
    routed: list[set[str]] = field(default_factory=list)

    def resolve(
        self, request: Request, *_: str, meanwhile: Callable[[], None] | None = None
    ) -> Resolution:
        """Take note, and give the next answer."""
        self.routed.append(set(request.routed))
        if meanwhile is not None:
            meanwhile()
        answer = self.answers.pop(0)
        if isinstance(answer, WorldError):
            raise answer
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedResolver(Resolver):
    """A resolver whose engine is a list of answers."""

    asked: Asked

    def resolve(
        self, request: Request, *arguments: str, meanwhile: Callable[[], None] | None = None
    ) -> Resolution:
        """Return the next answer."""
        return self.asked.resolve(request, *arguments, meanwhile=meanwhile)


def resolver(*named: str, answers: list[Resolution | WorldError]) -> ScriptedResolver:
    """Return a resolver that has these companions by name and gives these answers."""
    return ScriptedResolver(
        engine=cast("Engine", None),
        sources=LockSources(
            trio=Index(name="pytorch", url=TRIO),
            general=(Index(name="default", url=GENERAL),),
            find_links=(),
            constraints=(),
            no_index=False,
        ),
        target_arguments=(),
        environ={},
        is_companion=is_companion,
        on_detail=lambda _: None,
        named=frozenset(named),
        asked=Asked(answers),
    )


def resolution(*edges: str, elsewhere: str = "") -> Resolution:
    """Return what ``torch>triton`` and the like resolve to; companions come from torch's index."""
    parents: dict[str, set[str]] = {"torch": set()}
    for edge in edges:
        parent, _, child = edge.partition(">")
        parents.setdefault(child, set()).update({parent} if parent else ())
    indexes = {
        name: TRIO if name != elsewhere and (name == "torch" or is_companion(name)) else GENERAL
        for name in parents
    }
    return Resolution(
        origins={name: ("1", index) for name, index in indexes.items()},
        parents={name: frozenset(found) for name, found in parents.items()},
    )


REQUEST = Request(trio=("torch==1",), routed=frozenset({"torch"}))


def test_one_question_where_the_hint_is_right() -> None:
    """What is named and what is needed are the same; other work is done meanwhile."""
    seen: list[frozenset[str]] = []
    asking = resolver("triton", answers=[resolution("torch>triton", "torch>numpy")])
    settled, origins = settle(asking, REQUEST, seen.append)
    assert settled.routed == {"torch", "triton"}
    assert origins["triton"] == ("1", TRIO)
    assert asking.asked.routed == [{"torch", "triton"}]
    assert seen == [{"torch", "triton"}]


@pytest.mark.parametrize(
    ("named", "first"),
    [
        # A companion of a companion is missing.
        ({"triton"}, resolution("torch>triton", "triton>nvidia-late", elsewhere="nvidia-late")),
        # One too many is asked for.
        ({"triton", "nvidia-late", "nvidia-odd"}, resolution("torch>triton", ">nvidia-odd")),
        # One is needed although none is named.
        (set(), resolution("torch>triton", elsewhere="triton")),
        # What is named cannot be had there.
        ({"nvidia-odd"}, WorldError(Finding(code="TE405", message="m", why="w", do="d"))),
    ],
)
def test_rounds_where_it_is_not(named: set[str], first: Resolution | WorldError) -> None:
    """Then the engine is asked what the trio needs, as where there is no hint."""
    whole = resolution("torch>triton", "triton>nvidia-late")
    asking = resolver(*named, answers=[first, whole, whole])
    seen: list[frozenset[str]] = []
    settled, _ = settle(asking, REQUEST, seen.append)
    assert settled.routed == {"torch", "triton", "nvidia-late"}
    assert seen == [{"torch", *named}, settled.routed]
    assert asking.asked.routed == [{"torch", *named}, set(), settled.routed]


def test_no_hint() -> None:
    """Where the metadata could not be read, nothing is tried with a guess."""
    whole = resolution("torch>triton")
    asking = replace(resolver(answers=[whole, whole]), named=None)
    settle(asking, REQUEST)
    assert asking.asked.routed == [set(), {"torch", "triton"}]


def test_dependency_that_is_called_like_a_companion() -> None:
    """One that the trio does not need comes from where everything comes from."""
    answer = resolution("torch>triton", ">nvidia-ml-py", elsewhere="nvidia-ml-py")
    asking = resolver("triton", answers=[answer])
    settled, _ = settle(asking, REQUEST)
    assert settled.routed == {"torch", "triton"}


def test_companion_from_elsewhere_is_refused() -> None:
    """Whatever was routed, what the trio needs has to come from its index."""
    strange = resolution("torch>triton", elsewhere="triton")
    with pytest.raises(VerificationError, match="triton"):
        settle(resolver("triton", answers=[strange]), REQUEST)
