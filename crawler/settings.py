"""Settings of the crawler: polite, and closed where Scrapy's defaults are open. docs/crawling.md explains them.

Override any of them with `-s NAME=VALUE`; those that start with GHIRBAL_ are ours.
"""

from __future__ import annotations

BOT_NAME = "ghirbal"
SPIDER_MODULES = ["crawler.spiders"]

# --- ours ---------------------------------------------------------------------------------------------------
#: Folder for warc/, frontier.sqlite and report.json.
GHIRBAL_OUT = "crawl"
#: A page or address where a site's owner can reach you; it goes into the user agent.
GHIRBAL_CONTACT = ""
#: Lifts the address guard for tests: "1", or addresses separated by commas.
GHIRBAL_ALLOW_PRIVATE = ""
#: A run waits this many seconds for a url that was put off (retry, Retry-After); beyond it the next run gets it.
GHIRBAL_PATIENCE = 120
#: Seconds before the second try of a url that failed for a passing reason; six times that before the third.
GHIRBAL_RETRY_SECONDS = 5.0
#: An archive file is published at this size in bytes or age in seconds (CC news-crawl: 1 GB, 24 h).
GHIRBAL_WARC_BYTES = 1_000_000_000
GHIRBAL_WARC_SECONDS = 86_400
#: Pages whose owner asks for one of these (noindex, noarchive, noai, tdm-reservation, ...) are not kept.
GHIRBAL_LEAVE_OUT = ""
#: Seconds between progress lines; the report is renewed as often.
GHIRBAL_PROGRESS_SECONDS = 30.0
#: What makes report.html of report.json, by its path as Scrapy names its parts; ghirbal.crawl_settings has one.
GHIRBAL_REPORT_PAGE = ""

USER_AGENT = "Ghirbal/0.1 (polite news corpus crawler)"

# --- politeness ---------------------------------------------------------------------------------------------
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "Ghirbal"
DOWNLOAD_DELAY = 1.0
DOWNLOAD_DELAY_JITTER = 0.0  # jitter goes below the delay that robots.txt asks for
CONCURRENT_REQUESTS = 256  # each host has at most one; a slow host must not keep the others waiting
CONCURRENT_REQUESTS_PER_DOMAIN = 1
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 1.0
AUTOTHROTTLE_MAX_DELAY = 60.0
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "ar,*;q=0.5",
    "Accept-Encoding": "gzip, deflate, br, zstd",
}

# --- limits -------------------------------------------------------------------------------------------------
DOWNLOAD_MAXSIZE = 10 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 30
DOWNLOAD_FAIL_ON_DATALOSS = False  # a body cut short is fetched again, then kept and marked
MEMUSAGE_LIMIT_MB = 4096
CONCURRENT_ITEMS = 1  # a response yields one item; Scrapy would start a hundred tasks for it
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 20_000_000

# --- what stays shut ----------------------------------------------------------------------------------------
COOKIES_ENABLED = False
DOWNLOAD_VERIFY_CERTIFICATES = True
HTTPPROXY_ENABLED = False  # behind a proxy nobody could see which address is connected to
REDIRECT_ENABLED = False  # each hop becomes a url of its own and passes every gate
METAREFRESH_ENABLED = False
RETRY_ENABLED = False  # the frontier retries, and remembers it over a restart
DOWNLOAD_HANDLERS = {"data": None, "file": None, "ftp": None, "s3": None}
TWISTED_DNS_RESOLVER = "crawler.polite.safety.GuardedResolver"

# --- how it is put together ---------------------------------------------------------------------------------
SCHEDULER = "crawler.state.scheduler.FrontierScheduler"
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,  # KeepRaw does it
    "crawler.polite.safety.SafetyMiddleware": 50,
    "crawler.polite.robots.PoliteRobots": 100,
    "crawler.spiders.news.KeepRaw": 999,
}
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}  # of Scrapy's own none, and of its extensions these: no telnet console
_OF_SCRAPY = ("corestats.CoreStats", "logcount.LogCount", "memusage.MemoryUsage", "closespider.CloseSpider")
EXTENSIONS_BASE = {f"scrapy.extensions.{name}": 0 for name in _OF_SCRAPY}
EXTENSIONS = {
    "crawler.polite.throttle.PoliteThrottle": 0,
    "crawler.polite.throttle.DownloadLimits": 0,
    "crawler.progress.Progress": 0,
}
ITEM_PIPELINES = {"crawler.state.pipeline.ArchivePipeline": 100}
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
LOG_LEVEL = "INFO"
LOG_FORMATTER = "crawler.progress.QuietFormatter"
