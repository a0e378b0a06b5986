"""Tiny ``torchvision.ops``: non-maximum suppression in pure Python."""

from __future__ import annotations

from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]  # the tiny torch


def nms(boxes: Any, scores: Any, iou_threshold: float) -> Any:
    """Return the indexes of the boxes to keep, best score first.

    Args:
        boxes: One row ``(x1, y1, x2, y2)`` for each box.
        scores: One score for each box.
        iou_threshold: A box that overlaps a better one by more than this is dropped.
    """
    rows, values = boxes.tolist(), scores.tolist()
    kept: list[int] = []
    for index in sorted(range(len(rows)), key=lambda i: -values[i]):
        if all(_overlap(rows[index], rows[better]) <= iou_threshold for better in kept):
            kept.append(index)
    return torch.tensor(kept, dtype=torch.int64)


def _overlap(one: Any, two: Any) -> float:
    """Return intersection over union."""
    width = max(0.0, min(one[2], two[2]) - max(one[0], two[0]))
    height = max(0.0, min(one[3], two[3]) - max(one[1], two[1]))
    shared = width * height
    union = _area(one) + _area(two) - shared
    return shared / union if union else 0.0


def _area(box: Any) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))
