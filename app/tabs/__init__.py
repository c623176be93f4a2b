"""One folder a tab, with its own Python, HTML, CSS and JS."""
