"""The human side: what members and customers do in their clients, and admins in the console.

Each act changes the world as a person would and sends the callbacks that WeCom would send.
"""
