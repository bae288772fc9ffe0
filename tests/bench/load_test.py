"""The load generator counts what a bot does wrong: bots that are wrong in one way each.

usage: load_test.py BENCH_LOAD BENCH_TRIVIAL
"""

import json
import re
import socket
import subprocess
import sys
import threading
import unittest

BENCH_LOAD = ""
BENCH_TRIVIAL = ""
NETWORKS = 3
FAULTS = ("lost", "doubled", "out_of_order", "unexpected", "disconnected")


class Bot:
    """One connection for each network; `fault` says what becomes of the 50th answer of the first."""

    def __init__(self, port, fault):
        self.fault = fault
        self.held = None
        self.streams = [socket.create_connection(("127.0.0.1", port)) for _ in range(NETWORKS)]
        self.threads = [threading.Thread(target=self.talk, args=(i,), daemon=True)
                        for i in range(NETWORKS)]
        for thread in self.threads:
            thread.start()

    def talk(self, index):
        stream = self.streams[index]
        say = lambda text: stream.sendall(text.encode() + b"\r\n")
        answers = 0
        say("CAP LS 302\r\nNICK bot%d\r\nUSER u 0 * :r" % index)
        try:
            for line in stream.makefile("r", newline="\r\n"):
                line = line.rstrip("\r\n")
                if " CAP " in line:
                    say("CAP END")
                elif " 001 " in line:
                    say("PING x\r\nMODE bot%d +i\r\nJOIN #bench\r\nWHO #bench\r\nMODE #bench" % index)
                elif line.startswith("PING "):
                    say("PONG " + line[5:])
                command = re.fullmatch(":user!u@h PRIVMSG #bench :!echo (.*)", line)
                if command:
                    answers += 1
                    answer = "PRIVMSG #bench :user: " + command[1]
                    if answers == 50 and index == 0 and self.fault:
                        self.wrong(stream, answer)
                    else:
                        say(answer)
                        if self.held and index == 0:
                            say(self.held)
                            self.held = None
        except OSError:
            pass

    def wrong(self, stream, answer):
        say = lambda text: stream.sendall(text.encode() + b"\r\n")
        if self.fault == "doubled":
            say(answer)
            say(answer)
        elif self.fault == "out_of_order":
            self.held = answer
        elif self.fault == "unexpected":
            say(answer)
            say(answer + "1")
        elif self.fault == "wrong_network":
            say(answer)
            self.streams[1].sendall(answer.encode() + b"\r\n")
        elif self.fault == "disconnected":
            stream.shutdown(socket.SHUT_RDWR)

    def close(self):
        for stream in self.streams:
            try:
                stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            stream.close()
        for thread in self.threads:
            thread.join()


class Load:
    def __init__(self, networks):
        self.process = subprocess.Popen([BENCH_LOAD, str(networks)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.port = self.hear("listening")["port"]

    def hear(self, event):
        said = json.loads(self.process.stdout.readline())
        assert said["event"] == event, said
        return said

    def order(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=20)


class LoadTest(unittest.TestCase):
    def run_against(self, fault, command="each 8 300"):
        load = Load(NETWORKS)
        bot = Bot(load.port, fault)
        load.hear("ready")
        load.order(command)
        result = load.hear("result")
        status = load.end()
        bot.close()
        return result, status

    def check_fault(self, fault, counted_as=None):
        result, status = self.run_against(fault)
        counted = {name: result[name] for name in FAULTS if result[name]}
        self.assertEqual(status, 1)
        self.assertEqual(counted.get(counted_as or fault, 0), 1, counted)
        return counted

    def test_a_good_bot_passes(self):
        for command, mode, in_flight in (("each 8 300", "each", 8), ("turn 300", "turn", 1)):
            result, status = self.run_against(None, command)
            self.assertEqual([result[name] for name in FAULTS], [0] * len(FAULTS))
            self.assertEqual((result["mode"], result["in_flight"], status), (mode, in_flight, 0))
            self.assertGreater(result["commands"], 100)
            self.assertLess(0, result["p50_ns"])
            self.assertLessEqual(result["p50_ns"], result["p99_ns"])
            self.assertLessEqual(result["p99_ns"], result["max_ns"])
            self.assertAlmostEqual(result["seconds"], 0.3, delta=0.2)

    def test_a_lost_answer(self):
        # The answers behind the missing one are out of order, and the network then runs dry.
        counted = self.check_fault("lost")
        self.assertEqual(set(counted), {"lost", "out_of_order"})
        self.assertLessEqual(counted["out_of_order"], 7)

    def test_a_doubled_answer(self):
        self.assertEqual(set(self.check_fault("doubled")), {"doubled"})

    def test_answers_in_the_wrong_order(self):
        self.assertEqual(set(self.check_fault("out_of_order")), {"out_of_order"})

    def test_an_answer_to_nothing(self):
        self.assertEqual(set(self.check_fault("unexpected")), {"unexpected"})

    def test_an_answer_on_another_network(self):
        self.assertEqual(set(self.check_fault("wrong_network", "unexpected")), {"unexpected"})

    def test_a_lost_connection(self):
        self.assertIn("disconnected", self.check_fault("disconnected"))

    def test_runs_follow_each_other_on_the_same_connections(self):
        load = Load(NETWORKS)
        bot = subprocess.Popen([BENCH_TRIVIAL, "127.0.0.1:%d" % load.port, str(NETWORKS)])
        load.hear("ready")
        for command in ("each 64 200", "turn 200", "each 1 200"):
            load.order(command)
            result = load.hear("result")
            self.assertEqual([result[name] for name in FAULTS], [0] * len(FAULTS))
            self.assertGreater(result["commands"], 1000)
        self.assertEqual(load.end(), 0)
        self.assertEqual(bot.wait(timeout=10), 0)

    def test_ends_when_nobody_drives_it(self):
        self.assertEqual(Load(NETWORKS).end(), 1)


if __name__ == "__main__":
    BENCH_LOAD, BENCH_TRIVIAL = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1], verbosity=2)
