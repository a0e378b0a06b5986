"""Tests of provisioner.host."""
