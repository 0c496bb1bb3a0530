"""The demo: a simulated WeCom, a synthetic bank and the real product, in one process."""
