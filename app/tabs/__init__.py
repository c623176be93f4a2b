"""One folder a tab, with its own Python, HTML, CSS and JS.

Tabs do not import each other: what two of them need is a component.
"""
