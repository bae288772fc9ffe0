"""What tests/bench/run makes of measurements: others read its JSON object by these names."""

import contextlib
import importlib.machinery
import importlib.util
import io
import json
import pathlib
import sys
import unittest
from unittest import mock

sys.dont_write_bytecode = True
LOADER = importlib.machinery.SourceFileLoader(
    "bench_run", str(pathlib.Path(__file__).resolve().parent / "run"))
bench = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench_run", LOADER))
LOADER.exec_module(bench)


def result(mode, in_flight, commands, p50_ns):
    return {"mode": mode, "in_flight": in_flight, "commands": commands, "seconds": 2.0,
            "p50_ns": p50_ns, "p99_ns": 3 * p50_ns, "cpu_seconds": {"bot": 0.5, "host": 0.25},
            "load_cpu_seconds": 1.0}


def start(bot, networks, total, results):
    memory = {"bot": {"pss": total, "private": total, "page_tables": 4096, "exact": True},
              "redis": {"pss": 1000}}
    return {"bot": bot, "networks": networks, "memory": {"idle": memory, "after": memory},
            "results": results}


def starts():
    """seshetd has a third of the throughput, 1.2 times the latency, and 50 KB for each network."""
    made = []
    for bot, slower, base, each in (("trivial", 1, 1000, 100), ("seshetd", 3, 1000000, 50000)):
        single = [result("each", 1, 900 // slower, 1000 * slower),
                  result("each", 64, 9000 // slower, 1000)]
        made.append(start(bot, 1, base, single))
        hundred = [result("turn", 1, 900, 1000 if bot == "trivial" else 1200),
                   result("each", 1, 900, 2000 * slower), result("each", 64, 90000 // slower, 9000)]
        made.append(start(bot, 100, base + 99 * each, hundred))
    return made


class Report(unittest.TestCase):
    def run_with(self, measured, *words):
        out = io.StringIO()
        with mock.patch.object(bench, "build"), mock.patch.object(bench, "say"), \
                mock.patch.object(bench, "measure_all", lambda options: measured), \
                mock.patch.object(sys, "argv", ["run", *words]), contextlib.redirect_stdout(out):
            self.assertEqual(bench.main(), 0)
        return out.getvalue()

    def test_the_json_object(self):
        told = json.loads(self.run_with(starts(), "--quick", "--json"))
        self.assertEqual(told["networks"], 100)
        self.assertAlmostEqual(told["throughput_ratio"], 1 / 3)
        self.assertAlmostEqual(told["latency_p50_ratio"], 1.2)
        self.assertAlmostEqual(told["latency_p50_ratio_one_on_each"], 3)
        self.assertEqual(told["idle_network_bytes"], 50000)
        self.assertIsNone(told["throughput_ratio_unconfined"])
        self.assertLessEqual({"rows", "memory", "seconds", "repeat", "machine"}, set(told))
        row = next(row for row in told["rows"]
                   if (row["bot"], row["networks"], row["in_flight"]) == ("seshetd", 100, 64))
        self.assertEqual((row["mode"], row["commands_per_second"], row["p50_us"], row["p99_us"]),
                         ("each", 15000, 9, 27))
        self.assertEqual(set(row["cpu_us_per_command_by_process"]), {"bot", "host"})

    def test_one_bot_alone_has_no_ratios(self):
        alone = [one for one in starts() if one["bot"] == "seshetd"]
        told = json.loads(self.run_with(alone, "--quick", "--json", "--only", "seshetd"))
        self.assertIsNone(told["throughput_ratio"])
        self.assertIsNone(told["latency_p50_ratio"])
        self.assertEqual(told["idle_network_bytes"], 50000)

    def test_the_tables_say_what_is_met(self):
        text = self.run_with(starts(), "--quick")
        for goal, measured in (("throughput", "0.33"), ("p50, one in flight", "1.20"),
                               ("bytes of an idle network", "50,000")):
            line = next(line for line in text.splitlines() if line.startswith(goal))
            self.assertIn(measured, line)
            self.assertTrue(line.endswith(" met"), line)


if __name__ == "__main__":
    unittest.main()
