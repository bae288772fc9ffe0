"""What the demo looks like: headings, a conversation in columns, commands, checks."""

import re
import shutil
import sys
import textwrap
import time

COLOURS = {"red": "31", "blue": "34", "ok": "32", "bad": "1;31", "shell": "33", "dim": "2", "bold": "1"}
CONTROL = re.compile(r"[\x00-\x1f\x7f]|[\udc80-\udcff]")


class Screen:
    def __init__(self, pause):
        self.colour = sys.stdout.isatty()
        self.width = min(shutil.get_terminal_size((100, 24)).columns, 110)
        self.pause = pause
        self.section = 0
        self.passed = 0
        sys.stdout.reconfigure(errors="replace", line_buffering=True)

    def paint(self, what, text):
        return f"\033[{COLOURS[what]}m{text}\033[0m" if self.colour and what in COLOURS else text

    def title(self, text, subtitle):
        print()
        print("  " + self.paint("bold", text) + self.paint("dim", "  " + subtitle))

    def heading(self, text):
        self.section += 1
        self.rest(2)
        if self.section == 1:
            print()
        line = "─" * max(4, self.width - len(text) - 10)
        print(self.paint("bold", f"  {self.section}. {text} ") + self.paint("dim", line))
        print()
        self.rest(1)

    def rest(self, beats=1):
        if self.pause:
            time.sleep(self.pause * beats)

    def talk(self, network, channel, nick, text, bot):
        """Where, who, what: each in its column, a long text within its own."""
        where = f"{network} {channel}"
        lines = textwrap.wrap(CONTROL.sub("?", text), max(30, self.width - 34)) or [""]
        who = " " * (10 - len(nick)) + (self.paint("bold", nick) if bot else nick)
        print(f"     {self.paint(network, where)}{' ' * (14 - len(where))}{who} │ {lines[0]}")
        for line in lines[1:]:
            print(" " * 30 + "│ " + line)
        self.rest()

    def silence(self, network, channel, nick):
        where = f"{network} {channel}"
        print(
            f"     {self.paint(network, where)}{' ' * (14 - len(where))}{nick:>10} │ "
            + self.paint("dim", "(no answer)")
        )
        self.rest()

    def shell(self, command, output=""):
        first, *more = textwrap.wrap(
            command, self.width - 9, break_long_words=False, break_on_hyphens=False
        )
        print("     " + self.paint("shell", "$ " + first) + (self.paint("shell", " \\") if more else ""))
        for number, line in enumerate(more):
            end = " \\" if number < len(more) - 1 else ""
            print("     " + self.paint("shell", "    " + line + end))
        for line in output.splitlines():
            print("       " + self.paint("dim", line[: self.width - 8]))
        self.rest()

    def note(self, text):
        """An observation, not a part of the conversation."""
        for line in textwrap.wrap(text, self.width - 6):
            print("     " + self.paint("dim", line))

    def line(self, text=""):
        print("     " + text if text else "")

    def ok(self, text):
        self.passed += 1
        lines = textwrap.wrap(text, self.width - 10)
        print("   " + self.paint("ok", "✓") + " " + self.paint("ok", lines[0]))
        for line in lines[1:]:
            print("     " + self.paint("ok", line))
        print()
        self.rest()

    def bad(self, text):
        print()
        print("   " + self.paint("bad", "✗ ") + self.paint("bad", text))
