"""What an outlet's pages share is learnt from a bounded sample, whatever the order of pages and shards."""

import random

from cleaning.extract import extract_html, sight_html
from cleaning.stages import Extract, ExtractByOutlet
from cleaning.templates import (
    MIN_PAGES,
    SAMPLE,
    UNKNOWN,
    Template,
    add,
    decode_table,
    digest,
    encode_table,
    is_sampled,
    learn_template,
    sight,
)
from corpus.document import Document, Page, Source
from corpus.stage import Learner, run_here

PROMPT = "Tell us what you saw on the street today, we read every single letter that reaches us."
WORDS = ("river", "market", "harbour", "winter", "council", "ferry", "garden", "school", "bridge", "tower", "valley")


def story(number, sentences=5):
    dice = random.Random(number)
    return [" ".join(dice.choices(WORDS, k=14)).capitalize() + f", number {number}." for _ in range(sentences)]


def html_of(number):
    *lines, last = story(number)
    text = "".join(f"<p>{line}</p>" for line in lines)
    return f"<html><body><div class='box s{number}'>{text}<p>{PROMPT}</p><p>{last}</p></div></body></html>"


def pages(count, outlet="quay"):
    return [Page(f"{outlet}-{n}", Source(f"{outlet}/{n}.html"), html_of(n).encode()) for n in range(count)]


def learned(stage, *shards):
    stage.learn([memoryview(stage.scan(shard)) for shard in shards], run_here)
    return stage


def test_repeated_prompt_goes_and_the_container_is_known():
    stage = learned(ExtractByOutlet(), pages(12))
    template = stage.table_["quay"]
    assert (template.pages, template.container) == (12, "body > div.box.s#")
    assert template.repeated == {digest(PROMPT): PROMPT[:80]}
    before = Extract().apply(pages(1)[0]).record
    after = stage.apply(pages(1)[0]).record
    assert PROMPT in before.text
    assert after.text == before.text.replace(PROMPT + "\n", "")


def test_order_and_sharding_do_not_matter():
    everything = pages(SAMPLE + 40) + pages(7, "mole")
    shuffled = random.Random(1).sample(everything, len(everything))
    one, other = learned(ExtractByOutlet(), everything), learned(ExtractByOutlet(), shuffled[:50], [], shuffled[50:])
    assert one.dump() == other.dump()
    assert sorted(one.table_) == ["mole", "quay"]
    assert one.table_["quay"].pages == SAMPLE


def test_dump_and_load_give_the_same_verdicts():
    stage = learned(ExtractByOutlet(), pages(9))
    again = ExtractByOutlet()
    again.load(memoryview(stage.dump()))
    assert (again.table_, again.dump()) == (stage.table_, stage.dump())
    assert again.apply(pages(1)[0]) == stage.apply(pages(1)[0])


def test_second_learning_forgets_the_first():
    stage = learned(ExtractByOutlet(), pages(9))
    assert learned(stage, []).table_ == {}


def test_small_outlet_teaches_nothing():
    assert learned(ExtractByOutlet(), pages(MIN_PAGES - 1)).table_ == {}


def test_one_story_under_many_addresses_teaches_nothing():
    same = [Page(f"p{n}", Source("quay/a.html"), html_of(0).encode()) for n in range(20)]
    assert learned(ExtractByOutlet(), same).table_ == {}


def test_container_full_of_repeats_is_not_learnt():
    sample = {}
    for number in range(8):
        add(sample, sight(str(number), "\n".join(["Same wall.", "Same words.", f"Page {number}"]), None))
    assert learn_template(sample).container == ""
    assert set(learn_template(sample).repeated.values()) == {"Same wall.", "Same words."}


def test_sample_keeps_the_smallest_digests():
    sample = {}
    names = [str(number) for number in range(500)]
    for name in names:
        if is_sampled(name, sample):
            add(sample, sight(name, name, None))
    assert sorted(sample) == sorted(map(digest, names))[:SAMPLE]


def test_table_can_be_read_and_edited():
    table = {"b": Template(5, "div > p", {"0f": "text"}), "a": UNKNOWN}
    written = encode_table(table)
    assert decode_table(written) == table
    assert decode_table(b"") == {}
    assert written.decode().index('"a"') < written.decode().index('"b"')


def test_stages_keep_the_contracts():
    assert isinstance(ExtractByOutlet(), Learner)
    assert not isinstance(Extract(), Learner)


def test_unreadable_pages_are_left_out_of_the_sample():
    bad = [Page("x", Source("quay/x.html"), b"%PDF-1"), Page("y", Source("quay/y.html"), bytes(range(256)) * 9)]
    assert learned(ExtractByOutlet(), bad + pages(6), [Document("d", Source("a"), "t")]).table_["quay"].pages == 6


def test_page_too_large_or_empty_is_not_sighted():
    assert sight_html("x", "<p>" + "a" * 3_000_000) is None
    assert sight_html("x", "<nav>a</nav>") is None


def test_template_of_another_outlet_does_no_harm():
    strange = Template(9, "main > div.other", {digest("x"): "x"})
    assert extract_html(html_of(3), template=strange).text == extract_html(html_of(3)).text
