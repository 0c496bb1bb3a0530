"""客户雷达 at the desk: how articles are read, by whom who agreed to it."""
