"""The session archive's own cipher and wire (会话内容存档): records and files, opened and fetched."""
