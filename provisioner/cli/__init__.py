"""The command line: parse, call the library, render. It decides nothing itself."""

from provisioner.cli._main import end_unheard, main

__all__ = ["end_unheard", "main"]
