"""The words of the page, in one place."""
