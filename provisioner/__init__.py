"""torchenv: declarative environments for PyTorch.

The public API is loaded on first use: the command's quick check must not pay for it, not even for
an import of ``typing``.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from provisioner.api.apply import apply
    from provisioner.api.check_index import check_index
    from provisioner.api.generations import history, rollback
    from provisioner.api.host import host_facts
    from provisioner.api.lock import lock
    from provisioner.api.matrix import matrix
    from provisioner.api.plan import plan
    from provisioner.api.spec import load_spec
    from provisioner.api.status import status
    from provisioner.api.verify import verify

__all__ = [
    "apply",
    "check_index",
    "history",
    "host_facts",
    "load_spec",
    "lock",
    "matrix",
    "plan",
    "rollback",
    "status",
    "verify",
]

_MODULES = {
    "apply": "apply",
    "check_index": "check_index",
    "history": "generations",
    "host_facts": "host",
    "load_spec": "spec",
    "lock": "lock",
    "matrix": "matrix",
    "plan": "plan",
    "rollback": "generations",
    "status": "status",
    "verify": "verify",
}
"""The module of ``provisioner.api`` that defines each."""


def __getattr__(name: str) -> object:
    """Import a public function when it is first asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - the point of it

    return getattr(import_module(f"provisioner.api.{_MODULES[name]}"), name)
