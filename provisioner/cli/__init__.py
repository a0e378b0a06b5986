"""The command line: parse, call the library, render. It decides nothing itself."""

from provisioner.cli._main import main

__all__ = ["main"]
