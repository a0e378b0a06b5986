"""What is asked of the store."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from provisioner.findings import VerificationError
from provisioner.store._findings import not_a_wheel_name

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedWheel:
    """One wheel to be had, named by its hash."""

    name: str
    """File name, decoded: ``torch-2.2.0+cu118-cp311-cp311-linux_x86_64.whl``."""
    url: str
    """Where it is published."""
    size: int
    """Bytes."""
    sha256: str
    """64 lower-case hexadecimal digits."""

    def __post_init__(self) -> None:
        """Refuse what would lead out of the store's folders: name and hash become a path.

        Raises:
            VerificationError: ``TE504``, no wheel can be called so.
        """
        try:
            parse_wheel_filename(self.name)
        except InvalidWheelFilename as exc:
            raise VerificationError(not_a_wheel_name(self.name, str(exc))) from None
        # The parser looks at name and version only; the rest could still hold a slash.
        if "/" in self.name or "\0" in self.name:
            raise VerificationError(not_a_wheel_name(self.name, "It contains a slash."))
        if _SHA256.fullmatch(self.sha256) is None:
            raise VerificationError(
                not_a_wheel_name(self.name, f"Its sha256 is given as `{self.sha256}`.")
            )

    @property
    def project(self) -> str:
        """Normalised name of the project."""
        return str(parse_wheel_filename(self.name)[0])
