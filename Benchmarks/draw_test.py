"""Tests of the drawing, with made-up results, and of the page, with its own. Started by `scripts/bench --check`."""

import json
import pathlib
import tempfile
import unittest
import xml.etree.ElementTree

import draw
import tables

ROOT = pathlib.Path(__file__).parent.parent
PAGE = ROOT / "docs/performance.md"
KEPT = ROOT / "docs/performance"


def sample(clients=tuple(tables.NAMES)):
    """Results in which each client takes twice as long as the one before it."""
    line = {name: {"per_s": 4e5 / 2**i, "us_each": 2.5 * 2**i, "cpu_us_each": 2.0 * 2**i, "kb_each": 3.0 + i}
            for i, name in enumerate(clients)}
    return {"conditions": {"system": "Debian", "processor": "one", "cores": 2, "load before": 0.1, "rounds": 3, "scale": 1,
                           "versions": {"libwebsockets": "4.1.6"}},
            "workloads": dict.fromkeys(["latency", "throughput", "throughput-tls", "binary", "connections", "connections-tls"], line),
            "bars": [{"title": "throughput", "figure": 0.6, "higher": True, "bar": 0.7, "met": False}]}


def texts(path):
    elements = xml.etree.ElementTree.parse(path).iter()
    return [(element.text or "").strip() for element in elements if element.tag.endswith("}text")]


class Drawing(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_every_figure_names_every_client(self):
        draw.draw(sample(), self.folder)
        self.assertEqual({path.stem for path in self.folder.iterdir()}, set(draw.FIGURES))
        for path in self.folder.iterdir():
            self.assertLessEqual(set(tables.NAMES.values()), set(texts(path)), path.name)

    def test_a_client_that_did_not_run_is_not_shown(self):
        draw.draw(sample(["raw-c", "core", "default"]), self.folder)
        for path in self.folder.iterdir():
            self.assertNotIn(tables.NAMES["python"], texts(path), path.name)
        self.assertNotIn("python", tables.section(sample(["raw-c", "core", "default"])))

    def test_a_workload_that_did_not_run_has_no_figure(self):
        results = sample()
        results["workloads"] = {"binary": results["workloads"]["binary"]}
        draw.draw(results, self.folder)
        self.assertEqual([path.stem for path in self.folder.iterdir()], ["binary"])

    def test_figures_show_ratios_to_the_raw_client(self):
        draw.draw(sample(), self.folder)
        self.assertIn("4.00", texts(self.folder / "latency.svg"))
        self.assertIn("0.25", texts(self.folder / "throughput.svg"))

    def test_a_value_that_dwarfs_all_others_is_cut(self):
        self.assertEqual(draw.shown([1, 4, 44]), 5)
        self.assertEqual(draw.shown([1, 4, 8]), 8)
        self.assertEqual(draw.shown([3]), 3)

    def test_drawing_twice_changes_nothing(self):
        for name in ("one", "two"):
            draw.draw(sample(), self.folder / name)
        for path in (self.folder / "one").iterdir():
            self.assertEqual(path.read_bytes(), (self.folder / "two" / path.name).read_bytes(), path.name)

    def test_only_a_whole_run_is_published(self):
        page = self.folder / "page.md"
        page.write_text(draw.START + draw.END)
        with self.assertRaises(SystemExit):
            draw.publish(sample(), page)
        self.assertEqual(page.read_text(), draw.START + draw.END)

    def test_a_missed_aim_is_marked(self):
        self.assertIn("**missed: 0.60**", tables.section(sample()))

    def test_the_page_shows_its_results(self):
        results = json.loads((KEPT / "results.json").read_text())
        self.assertEqual(PAGE.read_text(), draw.with_tables(PAGE.read_text(), results))
        draw.draw(results, self.folder)
        self.assertEqual({path.name for path in self.folder.iterdir()}, {path.name for path in KEPT.glob("*.svg")})
        for path in self.folder.iterdir():
            self.assertEqual(path.read_bytes(), (KEPT / path.name).read_bytes(), path.name)
            self.assertIn(f"performance/{path.name}", PAGE.read_text())


if __name__ == "__main__":
    unittest.main()
