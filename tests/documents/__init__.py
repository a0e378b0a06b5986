"""Tests of the JSON documents that commands print."""
