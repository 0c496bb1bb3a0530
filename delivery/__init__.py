"""The only way out: gate, quota, outbox, dispatch, results, to-dos, work items, touches."""
