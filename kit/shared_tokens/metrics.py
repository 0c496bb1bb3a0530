"""Prometheus metrics of shared tokens; labels hold results, never a token or a secret."""

from prometheus_client import Counter

FETCHES = Counter("token_fetches_total", "Access tokens fetched by this process", ["result"])
