"""Tests of the compat data."""
