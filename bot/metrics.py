"""Prometheus metrics of the face; labels hold results and kinds, never a person."""

from prometheus_client import Counter, Gauge, Histogram

CALLBACKS = Counter("callbacks_total", "Callbacks by result", ["result"])
CALLBACK_SECONDS = Histogram(
    "ack_seconds",
    "Seconds until a callback was answered",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
CALLBACK_AGE = Histogram(
    "callback_age_seconds",
    "Seconds between WeCom's CreateTime and the handling",
    buckets=(1, 5, 10, 20, 60, 300, 3_600, 86_400),
)
INBOX_SETTLED = Counter("inbox_settled_total", "Inbox events by what became of them", ["state"])
INBOX_LAG = Gauge("inbox_lag_seconds", "Age of the oldest event that still waits")
QUARANTINE = Gauge("quarantine_size", "Events that failed five times and wait for a person")
WELCOMES = Counter("welcomes_total", "Welcome messages by what became of them", ["result"])
