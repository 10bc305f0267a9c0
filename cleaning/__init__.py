"""Make documents of pages, remove the chrome from their text, name their language, drop what no corpus wants.

In: a Page or a Document. Out: a Document, or the reason to drop it. Read stages and filters (the three stages), then
html for pages, and lines, outlet and article for text.
"""
