"""A WeCom of its own: the API, the callbacks, the people, and a control API under /_sim/."""
