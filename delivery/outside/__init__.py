"""Broadcasts that others send to the bank's customers, because WeCom counts them with ours."""
