"""The command `torchenv matrix`: the compat data as a table, and against an index."""
