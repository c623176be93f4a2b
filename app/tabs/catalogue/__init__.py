"""Fifth tab: a visitor's own catalogue."""
