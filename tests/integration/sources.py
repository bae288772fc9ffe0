"""Sources of the modules that the tests write, as an author would."""

# Answers with a text that the test edits.
SAYS = """
#include <seshet/module.h>

static void says(seshet_ctx *ctx, const seshet_event *ev)
{
    seshet_reply(ctx, "%s %s", "@TEXT@", ev->args);
}

SESHET_MODULE(
    .name = "says", .version = "1.0", .description = "Says a text.",
    .commands = SESHET_COMMANDS({"says", says, .usage = "[WORDS]", .help = "Say the text."}))
"""

# Ends its own process on demand, in several ways, and answers otherwise.
FUSE = """
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <seshet/module.h>

/* A byte for each run, then no way to say that it is done. */
static void close_output(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1)
        abort();
    close(fd);
    close(4);
}

static void fuse(seshet_ctx *ctx, const seshet_event *ev)
{
    if (!strcmp(ev->args, "segv"))
        raise(SIGSEGV);
    if (!strcmp(ev->args, "abort"))
        abort();
    if (!strcmp(ev->args, "exit"))
        _exit(0);
    if (!strncmp(ev->args, "close ", 6)) {
        close_output(ev->args + 6);
        return;
    }
    seshet_reply(ctx, "pid %d, still here: %s", (int)getpid(), ev->args);
}

SESHET_MODULE(
    .name = "fuse", .version = "1.0", .description = "Ends on demand.",
    .commands = SESHET_COMMANDS({"fuse", fuse, .usage = "segv|abort|exit|close FILE", .help = "End."}))
"""

# Answers with what a module may be tempted to say: several lines, bytes, long texts.
PROBE = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <seshet/module.h>

static void lines(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ev;
    seshet_answer(ctx, "first\\r\\nQUIT :injected\\nJOIN #injected");
}

static void target(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ev;
    seshet_say(ctx, "#seshet\\r\\nQUIT :injected", "text");
    seshet_say(ctx, "#seshet :x", "text");
    seshet_answer(ctx, "target done");
}

/* As many words as asked, of one character that takes two bytes, and a number. */
static void words(seshet_ctx *ctx, const seshet_event *ev)
{
    int count = atoi(ev->args);
    char *text = malloc((size_t)count * 16 + 1);
    size_t len = 0;
    for (int i = 0; i < count; i++)
        len += (size_t)sprintf(text + len, "%s\\xc3\\xa9%05d", i ? " " : "", i);
    text[len] = 0;
    seshet_say(ctx, ev->channel, "%s", text);
    free(text);
}

/* One long word of two-byte characters. */
static void word(seshet_ctx *ctx, const seshet_event *ev)
{
    int count = atoi(ev->args);
    char *text = malloc((size_t)count * 2 + 1);
    for (int i = 0; i < count; i++)
        memcpy(text + (size_t)i * 2, "\\xc3\\xa9", 2);
    text[(size_t)count * 2] = 0;
    seshet_say(ctx, ev->channel, "%s", text);
    free(text);
}

/* As many replies as asked. */
static void many(seshet_ctx *ctx, const seshet_event *ev)
{
    for (int i = 0, count = atoi(ev->args); i < count; i++)
        seshet_answer(ctx, "line %d", i);
}

static void on_notice(seshet_ctx *ctx, const seshet_event *ev)
{
    seshet_reply(ctx, "notice seen: %s", ev->text);
}

SESHET_MODULE(
    .name = "probe", .version = "1.0", .description = "Says odd things.",
    .commands = SESHET_COMMANDS({"lines", lines}, {"target", target},
                                {"words", words, .usage = "COUNT"}, {"word", word, .usage = "COUNT"},
                                {"many", many, .usage = "COUNT"}),
    .events = SESHET_EVENTS({SESHET_NOTICE, on_notice}))
"""

# Keeps a count for the session, and time: a tick begins in load, the rest on demand.
KEEPS = """
#include <inttypes.h>
#include <stdlib.h>

#include <seshet/module.h>

static void tick(seshet_ctx *ctx, void *arg)
{
    (void)arg;
    seshet_say(ctx, "#load", "tick of @TEXT@");
}

static void late(seshet_ctx *ctx, void *arg)
{
    (void)arg;
    seshet_reply(ctx, "late from @TEXT@");
}

static int load(seshet_ctx *ctx)
{
    return seshet_every(ctx, 1000, tick, NULL) < 0;
}

static void keeps(seshet_ctx *ctx, const seshet_event *ev)
{
    int64_t count = 0;
    if (atoi(ev->args))
        seshet_later(ctx, atoi(ev->args), late, NULL);
    seshet_increment(ctx, SESHET_SESSION, "count", 1, &count);
    seshet_reply(ctx, "@TEXT@ %" PRId64, count);
}

SESHET_MODULE(
    .name = "keeps", .version = "1", .description = "Keeps a count, and time.",
    .commands = SESHET_COMMANDS({"keeps", keeps}), .load = load)
"""

BAD = {
    "rubbish": b"this is no shared object\n" * 100,
    "empty": b"",
    "cut": None,  # the first half of a good one
    "other_abi": SAYS.replace("SESHET_MODULE(", "#undef SESHET_ABI\n#define SESHET_ABI 99\nSESHET_MODULE("),
    "refuses": SAYS.replace("SESHET_MODULE(", "static int no(seshet_ctx *ctx) { seshet_log(ctx, 3, \"I will not\"); return -1; }\nSESHET_MODULE(.load = no,"),
    "undefined": SAYS.replace("seshet_reply(ctx, ", "no_such_function(ctx, ").replace(
        "static void says", "void no_such_function(seshet_ctx *, const char *, ...);\nstatic void says"),
    "dies": SAYS.replace("SESHET_MODULE(", "static int die(seshet_ctx *ctx) { (void)ctx; __builtin_trap(); }\nSESHET_MODULE(.load = die,"),
}


def keeps(text):
    return KEEPS.replace("@TEXT@", text)


def says(text):
    return SAYS.replace("@TEXT@", text)
