"""Probes: one function per fact of this machine, all together as ``HostFacts``."""

from provisioner.host._batch import probe_unattended
from provisioner.host._interpreters import ask_interpreter, find_interpreter, list_interpreters
from provisioner.host._pip import PipConfig, probe_pip_config
from provisioner.host._platform import probe_host
from provisioner.host._types import FactState, Gpu, GpuStack, HostFacts, Interpreter

__all__ = [
    "FactState",
    "Gpu",
    "GpuStack",
    "HostFacts",
    "Interpreter",
    "PipConfig",
    "ask_interpreter",
    "find_interpreter",
    "list_interpreters",
    "probe_host",
    "probe_pip_config",
    "probe_unattended",
]
