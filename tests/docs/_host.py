"""The machine that pages and examples are planned for, whichever machine runs the tests."""

from __future__ import annotations

from typing import Final

from provisioner.host import HostFacts

LINUX: Final = HostFacts(
    platform="linux-x86_64", libc="glibc", libc_version="2.35", macos_version=None
)
