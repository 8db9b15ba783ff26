"""A lookup or a window for other viewers: Perfetto, OTLP."""
