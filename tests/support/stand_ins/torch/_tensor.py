"""Dense tensors as nested lists: enough to add, multiply and sum."""

from __future__ import annotations

import operator
from typing import Any, Callable, Iterator

Nested = Any
"""A number or a list of ``Nested``."""


class dtype:  # noqa: N801  # torch's own name
    """A kind of number."""

    def __init__(self, name: str) -> None:
        """Name it as torch prints it."""
        self._name = name

    def __repr__(self) -> str:
        """Return ``torch.float32`` and the like."""
        return f"torch.{self._name}"


float32 = dtype("float32")
float64 = dtype("float64")
int64 = dtype("int64")


class device:  # noqa: N801  # torch's own name
    """Where a tensor is; only ``cpu`` exists here."""

    def __init__(self, name: Any = "cpu") -> None:
        """Accept ``cpu`` or another device.

        Raises:
            RuntimeError: For anything that this machine does not have.
        """
        self.type = str(name)
        if self.type != "cpu":
            raise RuntimeError("Found no NVIDIA driver on your system.")

    def __str__(self) -> str:
        """Return ``cpu``."""
        return self.type


class Tensor:
    """A scalar, vector or matrix of Python numbers."""

    def __init__(self, data: Nested, kind: dtype | None = None) -> None:
        """Wrap nested lists."""
        self._data = _plain(data)
        self.dtype = kind or _kind(self._data)
        self.device = device()

    def __repr__(self) -> str:
        """Return ``tensor(...)``."""
        return f"tensor({self._data!r})"

    def __iter__(self) -> Iterator[Tensor]:
        """Yield the parts along the first axis."""
        return (Tensor(part, self.dtype) for part in self._data)

    def __len__(self) -> int:
        """Return the length of the first axis."""
        return len(self._data)

    def __getitem__(self, index: Any) -> Tensor:
        """Return the part at ``index`` of the first axis."""
        return Tensor(self._data[index], self.dtype)

    def __add__(self, other: Any) -> Tensor:
        """Add element by element."""
        return self._with(other, operator.add)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Tensor:
        """Subtract element by element."""
        return self._with(other, operator.sub)

    def __mul__(self, other: Any) -> Tensor:
        """Multiply element by element."""
        return self._with(other, operator.mul)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Tensor:
        """Divide element by element."""
        return self._with(other, operator.truediv)

    def __matmul__(self, other: Tensor) -> Tensor:
        """Multiply two matrices."""
        columns = list(zip(*other.tolist()))
        return Tensor([[_dot(row, column) for column in columns] for row in self._data], self.dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        lengths, part = [], self._data
        while isinstance(part, list):
            lengths.append(len(part))
            part = part[0] if part else None
        return tuple(lengths)

    def size(self) -> tuple[int, ...]:
        """Return the lengths of the axes."""
        return self.shape

    def numel(self) -> int:
        """Return the number of elements."""
        return len(_flat(self._data))

    def sum(self) -> Tensor:
        """Add up all elements."""
        return Tensor(sum(_flat(self._data)), self.dtype)

    def item(self) -> Any:
        """Return the only element.

        Raises:
            RuntimeError: There are several.
        """
        flat = _flat(self._data)
        if len(flat) != 1:
            message = f"a Tensor with {len(flat)} elements cannot be converted to Scalar"
            raise RuntimeError(message)
        return flat[0]

    def tolist(self) -> Nested:
        """Return nested lists, or a number for a scalar."""
        return _plain(self._data)

    def float(self) -> Tensor:
        """Return the elements as floating-point numbers."""
        return Tensor(_map(self._data, lambda x: x + 0.0), float32)

    def to(self, where: Any) -> Tensor:
        """Return the tensor on another device.

        Raises:
            RuntimeError: This machine has no such device.
        """
        device(where)
        return self

    def cpu(self) -> Tensor:
        """Return the tensor itself."""
        return self

    def _with(self, other: Any, function: Callable[[Any, Any], Any]) -> Tensor:
        right = other._data if isinstance(other, Tensor) else other
        return Tensor(_combine(self._data, right, function))


def tensor(data: Nested, dtype: dtype | None = None, device: Any = "cpu") -> Tensor:
    """Make a tensor of nested lists."""
    return Tensor(data, dtype).to(device)


def full(size: Any, value: Any, dtype: dtype | None = None, device: Any = "cpu") -> Tensor:
    """Make a tensor of one value."""
    data = value
    for length in reversed(size):
        data = [data for _ in range(length)]
    return Tensor(data, dtype).to(device)


def ones(*size: Any, dtype: dtype | None = None, device: Any = "cpu") -> Tensor:
    """Make a tensor of ones: ``ones(2, 2)`` or ``ones((2, 2))``."""
    return full(_sizes(size), 1.0, dtype, device)


def zeros(*size: Any, dtype: dtype | None = None, device: Any = "cpu") -> Tensor:
    """Make a tensor of zeros."""
    return full(_sizes(size), 0.0, dtype, device)


def rand(*size: Any, device: Any = "cpu") -> Tensor:
    """Make a tensor of numbers from 0 to 1: always 0.5, since tests repeat."""
    return full(_sizes(size), 0.5, None, device)


def arange(*bounds: Any, dtype: dtype | None = None) -> Tensor:
    """Make a vector as ``range`` does."""
    return Tensor(list(range(*bounds)), dtype)


def matmul(left: Tensor, right: Tensor) -> Tensor:
    """Multiply two matrices."""
    return left @ right


mm = matmul


def equal(left: Tensor, right: Tensor) -> bool:
    """Tell whether shape and all elements are the same."""
    return bool(left.tolist() == right.tolist())


def allclose(left: Tensor, right: Tensor, rtol: float = 1e-05, atol: float = 1e-08) -> bool:
    """Tell whether all elements are nearly the same."""
    pairs = zip(_flat(left.tolist()), _flat(right.tolist()))
    return left.shape == right.shape and all(abs(x - y) <= atol + rtol * abs(y) for x, y in pairs)


def _sizes(size: Any) -> Any:
    return size[0] if len(size) == 1 and not isinstance(size[0], int) else size


def _plain(data: Nested) -> Nested:
    """Copy ``data`` into lists and numbers."""
    if isinstance(data, Tensor):
        return data.tolist()
    return [_plain(part) for part in data] if isinstance(data, (list, tuple)) else data


def _flat(data: Nested) -> list[Any]:
    return [x for part in data for x in _flat(part)] if isinstance(data, list) else [data]


def _map(data: Nested, function: Callable[[Any], Any]) -> Nested:
    return [_map(part, function) for part in data] if isinstance(data, list) else function(data)


def _combine(left: Nested, right: Nested, function: Callable[[Any, Any], Any]) -> Nested:
    if not isinstance(left, list) and not isinstance(right, list):
        return function(left, right)
    if not isinstance(right, list):
        return [_combine(part, right, function) for part in left]
    if not isinstance(left, list):
        return [_combine(left, part, function) for part in right]
    return [_combine(x, y, function) for x, y in zip(left, right)]


def _dot(left: Any, right: Any) -> Any:
    return sum(x * y for x, y in zip(left, right))


def _kind(data: Nested) -> dtype:
    return float32 if any(isinstance(x, float) for x in _flat(data)) else int64
