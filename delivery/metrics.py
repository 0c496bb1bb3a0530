"""Prometheus metrics of delivery; labels hold kinds and results, never a person."""

from prometheus_client import Counter, Gauge

EFFECTS = Counter("effect_total", "Calls to WeCom by kind and result", ["kind", "result"])
UNCERTAIN = Gauge("uncertain_open", "Calls whose outcome nobody knows yet")
OUTBOX_OLDEST = Gauge("outbox_oldest", "Seconds the oldest queued call has been due")
WAITING = Gauge("outbox_waiting", "Calls that are due, by urgency", ["urgency"])
SUBMITTED = Counter("submitted_total", "Intents by what the door did with them", ["outcome"])
