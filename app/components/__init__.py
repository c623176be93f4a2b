"""What several tabs share: panels of HTML, item cards, pictures, the upload panel.

A component enters when a second tab needs it; it knows no tab.
"""
