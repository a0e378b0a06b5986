"""The installed command against the local index, end to end."""
