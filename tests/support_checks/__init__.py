"""Tests of the test support itself: what other tests lean on must hold."""
