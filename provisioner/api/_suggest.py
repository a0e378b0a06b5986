"""A spec that plans clean, as near as can be to a wish that comes from elsewhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.diagnosis import build_for_gpu, older_cuda
from provisioner.findings import Combination, SpecError
from provisioner.host import probe_host
from provisioner.planner import Plans, Refusal
from provisioner.planner import plan as make_plan
from provisioner.spec import parse_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provisioner.compat import Compat
    from provisioner.diagnosis import Facts
    from provisioner.host import HostFacts

_FILE: Final = Path("torchenv.toml")


def spec_text(
    wish: Combination, *, dependencies: Mapping[str, str] | None = None, notes: Iterable[str] = ()
) -> str:
    """Return the text of a spec for a combination; notes become comments at its top."""
    lines = [f"# {note}" for note in notes]
    lines += ["[environment]", f'python = "{wish.python}"', f'accelerator = "{wish.accelerator}"']
    lines += ["", "[torch]", f'torch = "{wish.torch}"']
    for name, version in (("torchvision", wish.torchvision), ("torchaudio", wish.torchaudio)):
        lines.append(f'{name} = "{version}"' if version is not None else f"{name} = false")
    if dependencies:
        lines += ["", "[dependencies]"]
        lines += [
            f'{name} = "{specifier or "*"}"' for name, specifier in sorted(dependencies.items())
        ]
    return "\n".join(lines) + "\n"


def nearest_spec(facts: Facts, compat: Compat, host: HostFacts | None = None) -> str | None:
    """Return a spec for what a text was about, or the nearest that can be; None without torch."""
    torch = facts.torch if facts.torch and compat.release(facts.torch) else None
    asked = {one.accelerator for one in facts.indexes if one.accelerator}
    accelerator = facts.accelerator or (next(iter(asked)) if len(asked) == 1 else "cpu")
    coded = build_for_gpu(facts, compat)
    older = older_cuda(facts, compat)
    if coded is not None:
        torch, accelerator = coded.torch, coded.accelerator
    elif older is not None:
        accelerator = older
        torch = torch if torch in compat.torch_with(older) else compat.torch_with(older)[-1]
    elif torch is None and not facts.wishes:
        return None
    release = compat.release(torch or compat.newest.torch)
    if release is None:
        return None
    python = facts.python or _newest_python(compat, release.torch, accelerator)
    text = _plain(python, accelerator, release.torch)
    found = planned(text, compat, host)
    return None if found is None else spec_text(found)


def planned(text: str, compat: Compat, host: HostFacts | None = None) -> Combination | None:
    """Return the combination that a spec plans to, or the nearest that works; None without one."""
    facts = host or probe_host(os.environ)
    try:
        verdict = make_plan(parse_spec(text, _FILE), compat, facts)
    except SpecError:
        return None
    match verdict:
        case Plans(plans=plans):
            return plans[0].combination
        case Refusal(findings=findings):
            return next((one for each in findings for one in each.alternatives), None)


def _plain(python: str, accelerator: str, torch: str) -> str:
    return (
        f'[environment]\npython = "{python}"\naccelerator = "{accelerator}"\n'
        f'[torch]\ntorch = "{torch}"\n'
    )


def _newest_python(compat: Compat, torch: str, accelerator: str) -> str:
    """Return the newest Python of a build, of those that torchvision has a wheel for if any."""
    builds = compat.builds(torch, accelerator=accelerator) or compat.builds(torch)
    pairs = [(build, one) for build in builds for one in build.pythons if not one.endswith("t")]
    beside = [
        one
        for build, one in pairs
        for member in compat.pairs(torch, "torchvision")
        if compat.member_known(member, build, one) is not None
    ]
    pythons = beside or [one for _, one in pairs]
    return max(pythons, key=lambda one: [int(part) for part in one.split(".")], default="3.12")
