"""Probes: one function per fact of this machine, all together as ``HostFacts``.

Each module is loaded when something of it is first asked for: a plan looks at the platform alone.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provisioner.host._batch import probe_unattended
    from provisioner.host._install_python import install_python
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
    "install_python",
    "list_interpreters",
    "probe_host",
    "probe_pip_config",
    "probe_unattended",
]

_MODULES = {
    "FactState": "_types",
    "Gpu": "_types",
    "GpuStack": "_types",
    "HostFacts": "_types",
    "Interpreter": "_types",
    "PipConfig": "_pip",
    "ask_interpreter": "_interpreters",
    "find_interpreter": "_interpreters",
    "install_python": "_install_python",
    "list_interpreters": "_interpreters",
    "probe_host": "_platform",
    "probe_pip_config": "_pip",
    "probe_unattended": "_batch",
}
"""The module that defines each."""


def __getattr__(name: str) -> object:
    """Load what is asked for, from the module that defines it."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - the point of it

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
