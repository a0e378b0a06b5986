"""The library without the command line: what each command does, as a function.

Every function takes values and returns values, tells of its progress through a
:class:`provisioner.events.Reporter`, prints nothing, and raises
:class:`provisioner.findings.TorchenvError` with findings for everything that can go wrong.

One module per command; import from the defining module, so that a command loads its own only. What
a caller outside needs is offered by ``provisioner`` itself.
"""
