"""One module per command: it parses, calls the library and renders.

A module is named like its command (hyphens as underscores) and holds it as ``command``. It is
imported only when its command runs, or when the help of all is wanted.
"""
