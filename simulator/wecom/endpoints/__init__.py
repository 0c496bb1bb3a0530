"""WeCom's API, one idea a file; each file ends with the table of its endpoints."""
