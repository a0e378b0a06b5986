"""What doctor saw, for people and for issue trackers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from provisioner.cli.render._text import print_part, say
from provisioner.cli.render.explain import code_block
from provisioner.cli.render.findings import print_finding
from provisioner.diagnosis import mask_private
from provisioner.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from provisioner.api.doctor import Checkup

_NAMES: Final = ("torch", "torchvision", "torchaudio", "numpy", "triton", "pip")


def print_checkup(console: Console, found: Checkup, *, quiet: bool) -> None:
    """Print what was looked at, then every finding with its evidence."""
    if not quiet:
        for label, text in _overview(found):
            print_part(console, label, text)
        console.print()
    shown = [
        one for one in found.observations if not quiet or one.finding.severity is Severity.ERROR
    ]
    for number, one in enumerate(shown):
        if number:
            console.print()
        print_finding(console, one.finding)
        for place, line in enumerate(one.evidence):
            print_part(console, "" if place else "seen", line)
    if not found.observations and not quiet:
        say(console, Text("Nothing is wrong."))


def _overview(found: Checkup) -> Iterator[tuple[str, str]]:
    host, environment = found.facts.host, found.facts.environment
    yield "host", host.platform
    driver = host.nvidia.driver or host.nvidia.state
    gpus = ", ".join(gpu.name or gpu.arch or "?" for gpu in host.nvidia.gpus) or "no GPU seen"
    yield "gpu", f"NVIDIA driver {driver}, {gpus}"
    for one in found.facts.tools:
        yield one.name, f"{one.version or 'of unknown version'} of the {one.where}, {one.path}"
    store = found.facts.store
    if store is not None:
        size = f"{store.wheel_bytes / 1e9:.1f} GB"
        yield "store", f"{store.path}, {store.wheels} wheels, {size}"
    if environment is None:
        yield "env", "none named, active or in .venv"
        return
    python = f", Python {environment.python}" if environment.python else ""
    made = f", generation {environment.generation} of torchenv" if environment.generation else ""
    yield "env", f"{environment.path} ({environment.kind}{python}{made})"
    versions = [f"{one.name} {one.version}" for one in environment.dists if one.name in _NAMES]
    yield "has", ", ".join(versions) or "nothing of torch"
    if found.facts.did_import:
        yield "loads", "no" if found.facts.import_error is not None else "yes"


def render_report(found: Checkup) -> str:
    """Return a report in Markdown: facts, packages and findings, without secrets and homes."""
    return mask_private("\n".join(_report(found)))


def _report(found: Checkup) -> Iterator[str]:
    yield "### `torchenv doctor`"
    yield ""
    yield from code_block([f"{label:8}{text}" for label, text in _overview(found)])
    for one in found.observations:
        finding = one.finding
        yield from ("", f"**{finding.severity.value} {finding.code}** {finding.message}", "")
        yield from (finding.why, "", f"To do: {finding.do}")
        if one.evidence:
            yield from ("", *code_block(list(one.evidence)))
    if not found.observations:
        yield from ("", "Nothing is wrong.")
    environment = found.facts.environment
    if environment is not None and environment.dists:
        yield from ("", "<details><summary>Packages</summary>", "")
        yield from code_block([f"{one.name}=={one.version}" for one in environment.dists])
        yield from ("", "</details>")
    variables = found.facts.settings.variables
    if variables:
        yield from ("", "Variables:", "", *code_block([f"{n}={v}" for n, v in variables]))
