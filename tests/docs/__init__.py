"""Checks of the documentation: every code block, every link, every generated page."""
