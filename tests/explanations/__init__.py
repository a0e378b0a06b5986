"""The long forms of finding codes."""
