"""
Hops to other processes: what their instrumentations leave undone.

One file a library. OpenTelemetry's instrumentations make the spans, and the propagator carries the tag; what is
here is placed beside them when `start(instrument=…)` switches them on.
"""
