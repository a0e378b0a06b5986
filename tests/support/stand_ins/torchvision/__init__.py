"""Tiny torchvision: refuses a torch that it was not built for, as the real one does."""

# The order counts: the check comes before anything else is imported.
from . import _meta_registrations, ops
from .version import __version__

__all__ = ["__version__", "_meta_registrations", "ops"]
