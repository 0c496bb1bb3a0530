"""Stand-ins for the outside world, to try and to test everything on.

Imported by the command line and by tests only; talks to the product over HTTP and nothing else.
"""
