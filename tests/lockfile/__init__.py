"""Tests of the lock without a network."""
