"""Tiny ``torchaudio.transforms``: the one transform that needs no Fourier transform."""

from __future__ import annotations

import math
from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]  # the tiny torch


class MuLawEncoding:
    """Encode a signal by the mu-law companding of ITU-T G.711."""

    def __init__(self, quantization_channels: int = 256) -> None:
        """Choose the number of levels."""
        self.quantization_channels = quantization_channels

    def __call__(self, x: Any) -> Any:
        """Return level numbers, 0 to ``quantization_channels - 1``, for samples of -1 to 1."""
        return torch.tensor(self._levels(x.tolist()), dtype=torch.int64)

    def _levels(self, samples: Any) -> Any:
        if isinstance(samples, list):
            return [self._levels(part) for part in samples]
        return self._level(samples)

    def _level(self, sample: float) -> int:
        mu = self.quantization_channels - 1.0
        compressed = math.copysign(math.log1p(mu * abs(sample)) / math.log1p(mu), sample)
        return int((compressed + 1) / 2 * mu + 0.5)
