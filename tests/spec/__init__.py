"""Tests of the spec: models, reading, findings, digest, schemas."""
