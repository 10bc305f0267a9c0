"""Fetch news from outlets into WARC archives: politely, safely, and so that no kill loses a page."""
