"""Diagnosis: rules, facts, normalising, masking, and speed."""
