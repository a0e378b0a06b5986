"""What torch's own metadata says that it needs, read before the engine is asked.

It saves a resolution: the companions have to stand in the request by name. It is taken for a hint
and no more, since wheels of one version may differ and companions may have companions; the engine's
answer shows whether these are the ones.
"""

from __future__ import annotations

from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from provisioner.network import NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provisioner.network import Client, IndexFile
    from provisioner.planner import Target

_SYSTEMS: Final = {
    "linux": {"os_name": "posix", "platform_system": "Linux", "sys_platform": "linux"},
    "macos": {"os_name": "posix", "platform_system": "Darwin", "sys_platform": "darwin"},
    "windows": {"os_name": "nt", "platform_system": "Windows", "sys_platform": "win32"},
}
_WINDOWS_MACHINES: Final = {"x86_64": "AMD64", "arm64": "ARM64"}


def named_companions(
    torch: IndexFile | None, target: Target, client: Client, is_companion: Callable[[str], bool]
) -> frozenset[str] | None:
    """Return the names of torch's companions; None where its metadata is not served by itself.

    Args:
        torch: The wheel of the planned build on its index.
        target: What is locked.
        client: Fetches the metadata.
        is_companion: Whether a name travels with torch.
    """
    if torch is None or not torch.has_metadata:
        return None
    try:
        metadata = client.get(f"{torch.url}.metadata", accept="*/*").body
    except NetworkError:
        return None
    return frozenset(name for name in _needed(metadata, _markers(target)) if is_companion(name))


def _needed(metadata: bytes, markers: dict[str, str]) -> Iterator[str]:
    """Yield the normalised names of what core metadata requires where these markers hold."""
    for line in BytesHeaderParser().parsebytes(metadata).get_all("Requires-Dist", ()):
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate(dict(markers)):
            yield str(canonicalize_name(requirement.name))


def _markers(target: Target) -> dict[str, str]:
    """Return the variables of markers (PEP 508) that a target decides."""
    system, machine = target.platform.split("-", 1)
    python = target.python.removesuffix("t")
    return {
        **_SYSTEMS[system],
        "platform_machine": _WINDOWS_MACHINES[machine] if system == "windows" else machine,
        "python_version": python,
        "python_full_version": f"{python}.0",
        "extra": "",
    }
