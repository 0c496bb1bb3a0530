"""Leads at the desk: the queue with its reasons, what people do with them, the lists of managers."""
