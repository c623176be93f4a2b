"""The item encoder (MIRM, §3.3): text and picture in, item vector out, each item once.

What turns items into vectors and keeps them enters here; nothing that knows of users.
"""
