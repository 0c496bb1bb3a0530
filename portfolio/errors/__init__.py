"""The ways portfolio says no, by idea."""
