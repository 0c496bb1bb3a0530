"""Leads (商机线索): found by policy, routed by level, queued in an order that is explained."""
