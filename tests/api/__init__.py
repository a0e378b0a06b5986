"""Tests of the library behind the commands, where it decides something itself."""
