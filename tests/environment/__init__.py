"""Tests of ``provisioner.environment``: real virtual environments, the real engine, tiny wheels."""
