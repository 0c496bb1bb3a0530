"""The content pages that customers open: read first, agree only if they like, stop at any time."""
