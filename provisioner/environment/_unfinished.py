"""What was begun at an environment's path and is not finished: read only, for who looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.environment._generations import is_current
from provisioner.environment._layout import Layout

if TYPE_CHECKING:
    from pathlib import Path


def unfinished_generations(link: Path) -> tuple[Path, ...]:
    """Return the generations that are incomplete, or whose removal did not come to its end.

    An apply that works right now has one, too; the next apply removes those of killed ones.

    Args:
        link: The environment's path, absolute.

    Raises:
        OSError: The folder of generations cannot be read.
    """
    layout = Layout(link=link)
    generations = [layout.generation(number) for number in layout.iter_numbers()]
    begun = [
        one.folder for one in generations if not one.is_complete and not is_current(layout, one)
    ]
    return (*begun, *sorted(layout.root.glob("*.gone")))
