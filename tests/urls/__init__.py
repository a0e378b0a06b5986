"""Tests of provisioner.urls."""
