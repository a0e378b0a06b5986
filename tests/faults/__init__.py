"""Faults: killed at any point, full disks, damaged files, moved folders, races.

``operations`` says what is done and killed, ``killing`` kills and judges, ``promises`` has the
table of what is promised for each fault, which ``docs/explanation/faults.md`` shows.
"""
