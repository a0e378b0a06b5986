"""Tests with a real torch, from wherever pip's own configuration finds it."""
