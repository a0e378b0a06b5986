"""Where the real torchvision fails when its compiled operators could not be loaded."""

import torch  # type: ignore[import-not-found,unused-ignore]  # the tiny torch

from .version import built_for

if torch.__version__ != built_for:
    raise RuntimeError("operator torchvision::nms does not exist")
