"""One message and its way: found by whatever names it, for whoever asks why."""
