"""Tiny ``torch.xpu``: never a device."""


def is_available() -> bool:
    """Tell whether an XPU can be used: never."""
    return False


def device_count() -> int:
    """Return the number of XPUs: none."""
    return 0
