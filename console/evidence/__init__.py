"""证据包: a basket of messages, asked for by one person, allowed by another, taken away once built."""
