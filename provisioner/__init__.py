"""torchenv: declarative environments for PyTorch.

The public API is loaded on first use: the command's quick check must not pay for it, not even for
an import of ``typing``.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from provisioner._api import apply, load_spec, lock, plan, status

__all__ = ["apply", "load_spec", "lock", "plan", "status"]


def __getattr__(name: str) -> object:
    """Import a public function when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from provisioner import _api  # noqa: PLC0415 - the point of it

    return getattr(_api, name)
