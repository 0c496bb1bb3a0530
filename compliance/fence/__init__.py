"""WeCom's own fence (聊天敏感词): our certain words pushed to it and kept in step."""
