"""What all spans and lines of one place share, packed once: layer, module, name and kind."""

from __future__ import annotations

from typing import Final

from wxtrace.capture.attributes import redact, text_of
from wxtrace.record import MAX_NAME, PackedPlace, cut_to


class Shape:
    """What all spans of one place share, packed once: layer, module, name and kind."""

    __slots__ = ("kind", "layer", "layer_bytes", "module", "module_bytes", "name", "packed")

    def __init__(self, layer: str, module: str, name: str, kind: int = 0) -> None:
        layer, module, name = map(_as_text, (layer, module, name))  # an instrumentation may name it by anything
        self.layer, self.module, self.name, self.kind = layer, module, name, kind
        self.layer_bytes = cut_to(64, layer.encode("utf-8", "replace"))
        self.module_bytes = cut_to(128, module.encode("utf-8", "replace"))
        name_bytes = cut_to(MAX_NAME, redact(name).encode("utf-8", "replace"))
        self.packed = PackedPlace(kind, self.layer_bytes, self.module_bytes, name_bytes)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else text_of(value)


_MAX_SHAPES: Final = 2048
_shapes: Final[dict[tuple[str, str, str, int], Shape]] = {}


def shape_of(layer: str, module: str, name: str, kind: int = 0) -> Shape:
    """Return the shape of a place that is not known before the call; the newest 2,048 are kept."""
    shape = _shapes.get((layer, module, name, kind))
    if shape is None:
        if len(_shapes) >= _MAX_SHAPES:
            _shapes.clear()
        shape = _shapes[layer, module, name, kind] = Shape(layer, module, name, kind)
    return shape


def log_place(shape: Shape | None, event: str, severity: bytes, logger: bytes) -> PackedPlace:
    """Pack where a log line belongs, made under a span of *shape*."""
    layer, module = (b"", b"") if shape is None else (shape.layer_bytes, shape.module_bytes)
    name = cut_to(65535, redact(event).encode("utf-8", "replace"))
    return PackedPlace(0, layer, module, name, cut_to(255, logger), cut_to(255, severity))
