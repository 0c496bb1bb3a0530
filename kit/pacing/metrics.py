"""Prometheus metrics of the limits; labels hold results, codes and APIs, never a person."""

from prometheus_client import Counter, Gauge

PERMITS = Counter("call_permits_total", "Permits to call WeCom", ["result"])
REFUSALS = Counter("call_refusals_total", "Calls WeCom refused for their frequency", ["code"])
WINDOW = Gauge("call_window_used", "Part of the fullest window of an API that is used", ["scope"])
CLOSED = Gauge("call_closed_seconds", "Seconds an API stays closed after a refusal", ["scope"])
