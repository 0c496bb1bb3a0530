"""Performance beside a yardstick in the same run: ``make bench`` writes ``docs/performance.md``."""
