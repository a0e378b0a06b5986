"""Benchmarks: whole processes beside a floor and a peer, in one run, as ratios.

``python -m tests.bench`` prints the table; ``--real`` adds the environment of ``examples/cpu.toml``
with the real torch. Nothing here is a test: seconds depend on the machine, so none are asserted.
"""
