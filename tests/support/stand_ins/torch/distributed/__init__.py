"""Tiny ``torch.distributed``."""
