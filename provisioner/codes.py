"""Every finding code, with the one-line title that documentation and ``--json`` readers see.

Codes are stable: a code is never given another meaning, and a retired one is never used again.
``TE1xx`` spec, ``TE2xx`` combination, ``TE3xx`` host, ``TE4xx`` sources, resolution and lock,
``TE5xx`` store, ``TE6xx`` environment, ``TE7xx`` proof, ``TE9xx`` torchenv itself.
"""

from __future__ import annotations

from typing import Final

TITLES: Final[dict[str, str]] = {
    # -- spec
    "TE101": "The spec file is missing or cannot be read",
    "TE102": "The spec is not valid TOML",
    "TE103": "Unknown key in the spec",
    "TE104": "Value of the wrong type in the spec",
    "TE105": "Value that cannot be understood in the spec",
    "TE106": "Accelerator and platform contradict each other",
    "TE107": "A required key is missing from the spec",
    "TE108": "The spec's file name cannot name a lock",
    # -- combination
    "TE201": "This torch release is not in the compat data",
    "TE202": "torch was never published for this accelerator",
    "TE203": "torch was not published for this Python",
    "TE204": "torch was not published for this platform",
    "TE205": "torchvision does not belong to this torch",
    "TE206": "torchaudio does not belong to this torch",
    "TE207": "No torchvision or torchaudio for this Python or platform",
    "TE208": "Not known whether this build exists",
    "TE209": "A dependency contradicts the planned torch",
    "TE210": "No release satisfies the version that is asked for",
    "TE211": "Accelerator that no torch release was published for",
    "TE212": "A newer release matches but was not chosen",
    "TE213": "The index that the spec insists on does not have the wanted build",
    "TE214": "Several targets where one is needed",
    "TE220": "The compat data is not valid or contradicts itself",
    # -- host
    "TE301": "No Python interpreter for this environment",
    "TE302": "This kind of machine cannot hold the environment",
    "TE303": "The C library is older than the wheels need",
    "TE304": "The spec is for another kind of machine",
    # -- sources, resolution and lock
    "TE401": "A host cannot be reached",
    "TE402": "A server refused or failed",
    "TE403": "A package or wheel is not on its index",
    "TE404": "A wheel has no hash",
    "TE405": "No set of versions satisfies all requirements",
    "TE406": "A package came from an index that it must not come from",
    "TE407": "The order of the indexes decided where a package comes from",
    "TE408": "A wheel was found in a local source and is not confirmed by its index",
    "TE409": "The engine failed",
    "TE410": "pip's configuration cannot be read",
    "TE411": "A plain HTTP source is not trusted",
    "TE412": "A source's address cannot be used",
    "TE413": "A constraint file cannot be understood",
    "TE414": "A setting of pip's is not followed",
    "TE421": "The lock file is missing",
    "TE422": "The lock is not valid TOML or not a PEP 751 file",
    "TE423": "The lock has a version that this torchenv does not read",
    "TE424": "The lock was changed by hand",
    "TE425": "The lock belongs to another spec or another target",
    "TE426": "The lock is stale",
    "TE427": "The file at the lock's path was not made by torchenv",
    "TE428": "A certificate is not trusted",
    "TE429": "A proxy failed",
    "TE430": "A package exists only on this machine",
    "TE431": "The lock cannot be written",
    "TE432": "A hash was learned by downloading the wheel",
    "TE433": "A package to upgrade is not in the lock",
    "TE436": "A newer release is possible, and the locked one stays",
    # -- store
    "TE501": "A wheel does not match its hash",
    "TE502": "A download did not complete",
    "TE503": "Not enough disk space",
    "TE504": "A wheel is not what its name says",
    "TE505": "The store cannot be written",
    # -- environment
    "TE601": "The environment's path is a file",
    "TE602": "The environment's path holds something else",
    "TE603": "The environment's folder cannot be written",
    "TE604": "Installing the wheels failed",
    "TE605": "An environment made by another tool was kept aside",
    "TE606": "Another apply is working on this environment",
    "TE607": "Files were added to the environment",
    "TE608": "The environment is not that of the lock",
    "TE609": "The environment cannot be used as it is",
    "TE610": "No environment can have this path",
    "TE635": "The environment is not ready, and was not to be applied",
    "TE636": "The program cannot be started",
    "TE611": "Byte code in the environment is not that of its source",
    "TE612": "A package cannot be compared with its wheel",
    "TE613": "There is no environment to verify",
    # -- proof
    "TE701": "The environment cannot import what it should",
    "TE702": "The environment holds another version or build than planned",
    "TE703": "An operation failed inside the environment",
    "TE704": "Files of the environment are missing or damaged",
    # -- torchenv itself
    "TE901": "Interrupted",
    "TE902": "Unexpected failure inside torchenv",
    "TE903": "The command line cannot be understood",
    "TE904": "The output cannot be written",
}
