"""Fetch news from outlets into WARC archives: politely, safely, and so that no kill loses a page.

In: an outlets file. Out: `warc/*.warc.gz`, which any other part reads like a dump of anybody, `frontier.sqlite` and
`report.json`. Read settings, outlets and session, then the rooms: web, polite, state, spiders.
"""

import re

#: What a crawl writes into its folder under names by which `build` reads files; it may have lost its frontier.
OURS = re.compile(r"warc/ghirbal.*|report(?:-\d+-of-\d+)?\.(?:json|html)")
