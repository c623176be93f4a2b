"""Answers for a page or a program: recommend, search, similar items, maps of users, quiz.

What answers a question from a loaded checkpoint enters here; nothing that draws HTML.
"""
