"""联络责任: who must be contacted by when (A6, A7), and how many one manager covers (B9)."""
