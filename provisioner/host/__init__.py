"""Probes: one function per fact of this machine, all together as ``HostFacts``."""

from provisioner.host._types import HostFacts, Interpreter

__all__ = ["HostFacts", "Interpreter"]
