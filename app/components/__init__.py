"""What several tabs share: panels of HTML, item cards, pictures, templates, stylesheets.

A component enters when a second tab needs it; it knows no tab.
"""
