"""Second tab: what did they choose next?"""
