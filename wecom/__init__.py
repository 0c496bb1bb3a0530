"""Tencent's API, typed: it knows no bank and keeps no state."""
