"""Tests of provisioner.store."""
