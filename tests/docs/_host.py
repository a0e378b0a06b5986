"""The machine that pages and examples are planned for, whichever machine runs the tests."""

from __future__ import annotations

from typing import Final

from provisioner.host import Gpu, GpuStack, HostFacts

LINUX: Final = HostFacts(
    platform="linux-x86_64",
    libc="glibc",
    libc_version="2.35",
    macos_version=None,
    nvidia=GpuStack(
        state="present", driver="535.129.03", gpus=(Gpu(name="NVIDIA A100", arch="sm_80"),)
    ),
)
