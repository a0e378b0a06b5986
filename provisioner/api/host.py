"""``torchenv host``: what the probes read on this machine, and facts of machines elsewhere."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner.findings import Finding, PlanError, Where
from provisioner.host import Gpu, GpuStack, HostFacts, Interpreter, probe_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

    from provisioner.documents.host import FactsModel, GpuStackModel
    from provisioner.spec import Spec

FACTS_VARIABLE: Final = "TORCHENV_HOST_FACTS"
"""Names a facts file that stands for this machine, for tests and for planning elsewhere."""
_MAKERS: Final = ("nvidia", "amd", "intel")


def host_facts(*, facts: str | Path | None = None, gpus: bool = True) -> HostFacts:
    """Return the facts of this machine, or those of a facts file.

    Args:
        facts: File that ``torchenv host --json`` wrote, on this machine or another (``-`` is
            standard input); by default the one that ``TORCHENV_HOST_FACTS`` names, else the machine
            is probed.
        gpus: Whether GPU drivers are probed, too; facts of a file have them either way.

    Raises:
        PlanError: The file cannot be read (``TE330``) or is no facts file (``TE331``).
    """
    file = facts or os.environ.get(FACTS_VARIABLE)
    path = Path("/dev/stdin") if str(file) == "-" else Path(file or "")
    found = read_facts(path) if file else probe_host(os.environ, gpus=gpus)
    return with_architectures(found)


def host_pythons() -> tuple[Interpreter, ...]:
    """Return the interpreters of this machine, newest first; none where a facts file stands for it.

    Each is asked about itself, which takes some time.
    """
    if os.environ.get(FACTS_VARIABLE):
        return ()
    from provisioner.host import list_interpreters

    return list_interpreters(os.environ)


def host_for(spec: Spec) -> HostFacts:
    """Return what planning a spec needs to know of this machine; GPUs only where they matter.

    Of a spec with several targets no one is for this machine before it is chosen: what is planned
    and locked for them must not depend on who does it. Then only the platform is told.

    Raises:
        PlanError: As :func:`host_facts`.
    """
    if len(spec.targets) + len(spec.siblings) > 1:
        return any_machine(host_facts(gpus=False).platform)
    return host_facts(gpus=any(target.accelerator != "cpu" for target in spec.targets))


def any_machine(platform: str) -> HostFacts:
    """Return a machine of which nothing is known but its platform."""
    return HostFacts(
        platform=platform,
        libc="glibc" if platform.startswith("linux-") else "none",
        libc_version=None,
        macos_version=None,
    )


def with_architectures(facts: HostFacts) -> HostFacts:
    """Give GPUs of which only the name could be read the architecture that the data has for it."""
    return replace(
        facts,
        nvidia=_with_architectures(facts.nvidia),
        amd=_with_architectures(facts.amd),
        intel=_with_architectures(facts.intel),
    )


def _with_architectures(stack: GpuStack) -> GpuStack:
    if all(gpu.arch is not None or gpu.name is None for gpu in stack.gpus):
        return stack
    from provisioner.compat import load_compat

    hardware = load_compat().hardware
    gpus = tuple(
        gpu._replace(arch=hardware.arch_of(gpu.name)) if gpu.arch is None and gpu.name else gpu
        for gpu in stack.gpus
    )
    if gpus == stack.gpus:
        return stack
    evidence = f"{stack.evidence}; the architecture from the GPU's name"
    return replace(stack, gpus=gpus, evidence=evidence)


def read_facts(path: Path) -> HostFacts:
    """Read a facts file.

    Raises:
        PlanError: The file cannot be read (``TE330``), or holds something else than facts
            (``TE331``), with a finding for every key that is wrong.
    """
    # Needs pydantic, which a plan of this machine has loaded for its spec already.
    from pydantic import ValidationError

    from provisioner.documents.host import FactsFileModel

    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise PlanError(_unreadable(path, exc)) from None
    try:
        return _facts_of(FactsFileModel.model_validate(_json(text, path)).facts)
    except ValidationError as exc:
        raise PlanError([_misfit(path, error) for error in exc.errors()]) from None


def facts_body(facts: HostFacts) -> dict[str, Any]:
    """Return facts as their document has them."""
    makers = {maker: _stack_body(getattr(facts, maker)) for maker in _MAKERS}
    return {
        "platform": facts.platform,
        "libc": facts.libc,
        "libc_version": facts.libc_version,
        "macos_version": facts.macos_version,
        "bits": facts.bits,
        "container": facts.container,
        "wsl": facts.wsl,
        "rosetta": facts.rosetta,
        **makers,
        "evidence": dict(facts.evidence),
    }


def _stack_body(stack: GpuStack) -> dict[str, Any]:
    return {
        "state": stack.state,
        "driver": stack.driver,
        "gpus": [{"name": gpu.name, "arch": gpu.arch} for gpu in stack.gpus],
        "evidence": stack.evidence,
    }


def _facts_of(model: FactsModel) -> HostFacts:
    """Convert a facts file's content."""
    return HostFacts(
        platform=model.platform,
        libc=model.libc,
        libc_version=model.libc_version,
        macos_version=model.macos_version,
        bits=model.bits,
        container=model.container,
        wsl=model.wsl,
        rosetta=model.rosetta,
        nvidia=_stack_of(model.nvidia),
        amd=_stack_of(model.amd),
        intel=_stack_of(model.intel),
        evidence=tuple(model.evidence.items()),
    )


def _stack_of(model: GpuStackModel) -> GpuStack:
    return GpuStack(
        state=model.state,
        driver=model.driver,
        gpus=tuple(Gpu(name=gpu.name, arch=gpu.arch) for gpu in model.gpus),
        evidence=model.evidence,
    )


def _json(text: str, path: Path) -> Mapping[str, Any]:
    """Parse the text of a facts file.

    Raises:
        PlanError: ``TE331``, it is no JSON object.
    """
    import json

    try:
        data = json.loads(text)
    except json.JSONDecodeError as exc:
        raise PlanError(_no_facts(path, f"It is no JSON: {exc}.", line=exc.lineno)) from None
    except (ValueError, RecursionError):
        raise PlanError(_no_facts(path, "It holds a number or a nesting without end.")) from None
    if not isinstance(data, dict):
        raise PlanError(_no_facts(path, f"It holds a {type(data).__name__}, not a JSON object."))
    return data


def _unreadable(path: Path, exc: OSError | UnicodeDecodeError) -> Finding:
    return Finding(
        code="TE330",
        message=f"The facts file `{path}` cannot be read.",
        why=(
            f"The system says: {exc.strerror}."
            if isinstance(exc, OSError)
            else "It is no UTF-8 text."
        ),
        do=(
            "Write it with `torchenv host --json > facts.json` on the machine to plan for, or "
            f"leave out `--host` and `{FACTS_VARIABLE}` to plan for this machine."
        ),
        where=Where(file=str(path)),
    )


def _no_facts(path: Path, why: str, *, line: int | None = None, key: str | None = None) -> Finding:
    return Finding(
        code="TE331",
        message=f"`{path}` is not a facts file that this torchenv reads.",
        why=why,
        do=(
            "Write it anew with `torchenv host --json`, or correct it; "
            "`schemas/host.schema.json` says what it holds."
        ),
        where=Where(file=str(path), line=line, key=key),
    )


def _misfit(path: Path, error: ErrorDetails) -> Finding:
    """Word one thing that is wrong in a facts file."""
    key = ".".join(str(part) for part in error["loc"])
    match error["type"]:
        case "extra_forbidden":
            why = f"`{key}` is no key of it."
        case "missing":
            why = f"`{key}` is missing."
        case "model_type":
            why = f"`{key}` is {_shown(error['input'])}, and has to be an object with keys."
        case _:
            rule = error["msg"][:1].lower() + error["msg"][1:]
            why = f"`{key}` is {_shown(error['input'])}: {rule}."
    return _no_facts(path, why, key=key)


def _shown(value: object) -> str:
    """Return a value as a message shows it: short, and in backticks."""
    text = repr(value)
    limit = 60
    return f"`{text[:limit]}{'…' if len(text) > limit else ''}`"
