"""Prometheus metrics of the limits; labels hold results and codes, never a path with a person."""

from prometheus_client import Counter

PERMITS = Counter("call_permits_total", "Permits to call WeCom", ["result"])
REFUSALS = Counter("call_refusals_total", "Calls WeCom refused for their frequency", ["code"])
