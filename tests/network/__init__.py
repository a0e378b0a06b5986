"""Tests of provisioner.network."""
