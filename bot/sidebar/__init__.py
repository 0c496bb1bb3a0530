"""The pages beside the chat and on the phone: who is this, what should I do now, send it."""
