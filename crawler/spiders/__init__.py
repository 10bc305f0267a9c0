"""The spiders `scrapy list` finds."""
