"""Tests of torchenv."""
