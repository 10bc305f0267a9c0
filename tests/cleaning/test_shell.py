"""Stories that stand in the data of a page and not in its markup."""

import json

import pytest

from cleaning.html.extract import extract_html

STORY = (
    "The ferry to the islands will run every hour from May, twice as often as in the winter.",
    "Two new boats were bought for it, each of which carries three hundred people and forty cars.",
    "The old one, which has been at sea for forty years, goes to a museum in the harbour.",
    "Tickets cost the same as before, and children under six travel free, as the company said.",
)
MARKUP = "".join(f"<p>{line}</p>" for line in STORY)
MENU = [{"title": f"Section {i}", "text": f"More of section {i}", "url": f"/{i}"} for i in range(40)]
FLAT = [["Reactive", 1], {"page": 2, "menu": 3}, {"title": 4, "body": 5}, [], "Ferry", MARKUP]


def shell(script, visible=""):
    return f"<html><body><div id='root'>{visible}</div><nav>Home</nav>{script}</body></html>"


def data(value, kind="application/json"):
    return f"<script type='{kind}'>{json.dumps(value)}</script>"


@pytest.mark.parametrize(
    "script",
    [
        data({"@type": "NewsArticle", "articleBody": "\n\n".join(STORY)}, "application/ld+json"),
        data({"@type": "NewsArticle", "articleBody": MARKUP.replace("<", "&lt;")}, "application/ld+json"),
        data({"props": {"menu": MENU, "pageProps": {"post": {"content": {"rendered": MARKUP}, "title": "Ferry"}}}}),
        data({"article": {"body": [{"type": "paragraph", "children": [{"text": line}]} for line in STORY], "x": MENU}}),
        data({"story": {"content_elements": [{"type": "text", "content": line, "_id": "AB"} for line in STORY]}}),
        f"<script>window.__INITIAL_STATE__ = {json.dumps({'post': {'html': MARKUP}})};(function(){{}})()</script>",
        f"<script>window['__DATA__']={json.dumps({'entry': {'bodyText': MARKUP}})}</script>",
        data(FLAT),
        f"<script>const page = {{}}; Fusion.content={json.dumps({'story': {'body': MARKUP}})};</script>",
        f"<script>window.S = JSON.parse({json.dumps(json.dumps({'post': {'html': MARKUP}}))});</script>",
        "<script>window.S = JSON.parse('"
        + json.dumps({"it's": 1, "html": MARKUP}).replace("'", r"\'")
        + "');</script>",
        f"<script>window.N=(function(a,b){{return {{data:[{{title:a,body:b}}]}}}}('x',{json.dumps(MARKUP)}))</script>",
        data({"Article:1": {'body({"format":"html"})': MARKUP}}),
        data({"status": 200, "body": json.dumps({"article": {"body": MARKUP}})}),
        "<script type='application/ld+json'>" + json.dumps({"articleBody": "\n".join(STORY)})[:-1] + ",}</script>",
        data(
            {
                "body": [
                    {
                        "_type": "block",
                        "children": [
                            {"_type": "span", "text": line[:20]},
                            {"_type": "link", "children": [{"_type": "span", "text": line[20:]}]},
                        ],
                    }
                    for line in STORY
                ]
            }
        ),
    ],
    ids=(
        "ld",
        "escaped",
        "next",
        "blocks",
        "elements",
        "state",
        "named",
        "flat",
        "assigned",
        "parsed",
        "quoted",
        "function",
        "query",
        "nested",
        "comma",
        "rich",
    ),
)
def test_story_in_the_data_of_a_shell_is_its_text(script):
    found = extract_html(shell(script))
    assert (found.text, found.extractor, found.doubtful) == ("\n".join(STORY), "data", True)
    assert extract_html(shell(script, f"<p>{STORY[0]}</p>")).text == "\n".join(STORY)


def test_what_is_shown_is_preferred_to_what_is_not():
    script = data({"articleBody": " ".join(STORY) + " And so on, unseen."}, "application/ld+json")
    assert extract_html(shell(script, f"<article>{MARKUP}</article>")).text == "\n".join(STORY)


@pytest.mark.parametrize(
    "script",
    [
        data({"content": MENU}),
        "<script>window.__STATE__ = {broken</script>" + " " * 400,
        data({"body": "x" * 900}),
        data({"comments": [{"by": line} for line in STORY]}),
        "<script>" + "[" * 100_000 + "</script>",
        data([{"body": 1}, *([part + 2] * 2 for part in range(60)), " ".join(STORY)]),
        data([{"body": 1}, [2] * 100_000, "x" * 100_000]),
    ],
)
def test_data_without_a_story_give_no_text(script):
    assert extract_html(shell(script)).text == ""
