"""Answers for a page or a program: recommend, search, similar items, maps of users, quiz. Imports experiments and below."""
