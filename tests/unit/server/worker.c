/* The module of the supervisor's tests: it works, and dies in every way when it is asked to. Built
 * several times; ANSWER tells the builds apart. */
#include <dirent.h>
#include <fcntl.h>
#include <seshet/module.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef NAME
#define NAME "worker"
#endif
#ifndef LOAD_MS
#define LOAD_MS 0
#endif

static void wait_ms(long ms)
{
    struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&ts, NULL);
}

static void work(seshet_ctx *ctx, const seshet_event *ev)
{
    seshet_answer(ctx, "%s %s", ANSWER, ev->args);
}

static void slow(seshet_ctx *ctx, const seshet_event *ev)
{
    wait_ms(1);
    work(ctx, ev);
}

static void hang(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ctx;
    (void)ev;
    for (;;)
        pause();
}

static void nick(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ev;
    seshet_answer(ctx, "%s", seshet_own_nick(ctx));
}

/* How many descriptors the process has. */
static void fds(seshet_ctx *ctx, const seshet_event *ev)
{
    int n = 0;
    (void)ev;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    seshet_answer(ctx, "%d", n);
}

/* Leaves a byte in the file for each time it was run; the host notices when this has returned. */
static void close_output(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1)
        abort();
    close(fd);
    close(4);
}

/* The page that the server looks at: it would die of it. The sandbox does not let a module come so
 * far; without one the page must hold by itself. */
static void shrink_page(seshet_ctx *ctx, const seshet_event *ev)
{
    DIR *mappings = opendir("/proc/self/map_files");
    int shrunk = 0;
    const struct dirent *d;
    (void)ev;
    while (mappings && (d = readdir(mappings))) {
        char path[300];
        char target[300] = "";
        snprintf(path, sizeof path, "/proc/self/map_files/%s", d->d_name);
        if (readlink(path, target, sizeof target - 1) > 0 && strstr(target, "seshet-cell"))
            shrunk += open(path, O_RDWR | O_TRUNC) >= 0;
    }
    if (mappings)
        closedir(mappings);
    seshet_answer(ctx, "shrunk %d", shrunk);
}

static void put(char **at, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        *(*at)++ = (char)(number >> 8 * i);
}

static void put_text(char **at, const char *text)
{
    size_t len = strlen(text);
    put(at, len, 4);
    memcpy(*at, text, len + 1);
    *at += len + 1;
}

/* A SAY frame of this event, in the name of the module at that index. */
static void forge(const seshet_event *ev, unsigned module)
{
    char frame[64];
    char *at = frame;
    put(&at, 0, 4);
    put(&at, 37, 2);
    put(&at, 0, 2);
    put(&at, ev->number, 8);
    put(&at, module, 2);
    put(&at, 1, 1);
    put(&at, 0, 1);
    put_text(&at, "#chan");
    put_text(&at, "forged");
    size_t size = (size_t)(at - frame);
    at = frame;
    put(&at, size - 8, 4);
    if (write(4, frame, size) < 0)
        abort();
}

/* Questions in this event's name, or in nobody's, by the module at that index. The answers are not
 * read. */
static void ask(uint64_t event, unsigned module, unsigned count)
{
    char frame[64];
    for (unsigned i = 0; i < count; i++) {
        char *at = frame;
        put(&at, 0, 4);
        put(&at, 38, 2);
        put(&at, 0, 2);
        put(&at, 1000000 + i, 8);
        put(&at, event, 8);
        put(&at, module, 2);
        put(&at, 11, 1); /* cancels a timer: that is answered at once */
        put(&at, 0, 1);
        put_text(&at, "timer");
        put_text(&at, "");
        put(&at, 0, 8);
        size_t size = (size_t)(at - frame);
        at = frame;
        put(&at, size - 8, 4);
        if (write(4, frame, size) < 0)
            abort();
    }
}

/* The bytes that the digits stand for, to the server. */
static void write_hex(const char *hex)
{
    char bytes[256];
    size_t n = 0;
    for (char digits[3] = ""; hex[0] && hex[1] && n < sizeof bytes; hex += 2) {
        digits[0] = hex[0];
        digits[1] = hex[1];
        bytes[n++] = (char)strtoul(digits, NULL, 16);
    }
    if (write(4, bytes, n) < 0)
        abort();
}

/* What was said before must come through, once. */
static void die(seshet_ctx *ctx, const seshet_event *ev)
{
    switch (ev->args[0]) {
    case 's':
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
        break;
    case 'a':
        abort();
    case 'e':
        exit(0);
    case 'r':
        if (write(4, "this is not a frame at all", 26) < 0)
            abort();
        break;
    case 'f':
        forge(ev, (unsigned)strtoul(ev->args + 1, NULL, 10));
        break;
    case 'q':
        ask(ev->number, 0, (unsigned)strtoul(ev->args + 1, NULL, 10));
        hang(ctx, ev);
        break;
    case 't':
        raise(SIGSTOP);
        break;
    case 'x':
        write_hex(ev->args + 1);
        break;
    case 'o':
        close_output(ev->args + 1);
        break;
    case 'c':
        close(3);
        close(4);
        hang(ctx, ev);
        break;
    default:
        break;
    }
}

static void store(seshet_ctx *ctx, const seshet_event *ev)
{
    char value[64];
    int got = seshet_get(ctx, SESHET_HERE, ev->args, value, sizeof value);
    seshet_answer(ctx, "%d %s", got, got >= 0 ? value : "-");
}

static void flood(seshet_ctx *ctx, const seshet_event *ev)
{
    for (long n = strtol(ev->args, NULL, 10); n > 0; n--)
        seshet_answer(ctx, "%ld", n);
}

static void slow_tick(seshet_ctx *ctx, void *arg)
{
    (void)arg;
    seshet_say(ctx, "#later", "%s ticked", ANSWER);
    nanosleep(&(struct timespec){.tv_nsec = 250 * 1000000}, NULL);
}

static void on_later(seshet_ctx *ctx, void *arg)
{
    (void)arg;
    seshet_say(ctx, "#later", "%s later", ANSWER);
}

/* "every MS", or "later MS": a timer. */
static void set_timer(seshet_ctx *ctx, const seshet_event *ev)
{
    bool every = strncmp(ev->args, "every ", 6) == 0;
    int64_t ms = strtol(ev->args + 6, NULL, 10);
    bool set = (every ? seshet_every(ctx, ms, slow_tick, NULL)
                      : seshet_later(ctx, ms, on_later, NULL)) > 0;
    seshet_answer(ctx, "%s", set ? "set" : "not set");
}

static void log_much(seshet_ctx *ctx, const seshet_event *ev)
{
    for (long n = strtol(ev->args, NULL, 10); n > 0; n--)
        seshet_log(ctx, 1, "line %ld", n);
    seshet_answer(ctx, "logged");
}

static void message(seshet_ctx *ctx, const seshet_event *ev)
{
    seshet_answer(ctx, "%s heard %s", ANSWER, ev->text);
}

#ifdef HANG_CONSTRUCTOR
__attribute__((constructor)) static void never_loaded(void)
{
    hang(NULL, NULL);
}
#endif

__attribute__((unused)) static void tick(seshet_ctx *ctx, void *arg)
{
    (void)arg;
    seshet_say(ctx, "#chan", "tick");
    if (strcmp(seshet_own_nick(ctx), "dies_in_a_timer") == 0)
        abort();
}

static int load(seshet_ctx *ctx)
{
    wait_ms(LOAD_MS);
#ifdef BAD_LOAD
    seshet_log(ctx, 2, "not today");
    return 1;
#elif defined HANG_LOAD
    hang(ctx, NULL);
    return 0;
#elif defined CRASH_LOAD
    (void)ctx;
    abort();
#elif defined CLOSE_LOAD
    (void)ctx;
    close(3);
    close(4);
    return 0;
#elif defined RUBBISH_LOAD
    (void)ctx;
    /* Too short to be told from the begin of a frame: it is seen when others have written more. */
    return write(4, "rubbish", 7) < 0;
#else
    seshet_log(ctx, 1, "loaded " ANSWER);
    if (strcmp(seshet_own_nick(ctx), "dies_in_load") == 0)
        abort();
    if (strcmp(seshet_own_nick(ctx), "timer_in_load") == 0)
        seshet_later(ctx, 200, on_later, NULL);
    if (strcmp(seshet_own_nick(ctx), "long_timer_in_load") == 0)
        seshet_later(ctx, 999999, on_later, NULL);
    if (strcmp(seshet_own_nick(ctx), "ticks") == 0)
        seshet_every(ctx, 100, tick, NULL);
    if (strcmp(seshet_own_nick(ctx), "dies_in_a_timer") == 0)
        seshet_later(ctx, 10, tick, NULL);
    return 0;
#endif
}

static void unload(seshet_ctx *ctx)
{
#ifdef EXIT_UNLOAD
    (void)ctx;
    _exit(0);
#else
    seshet_log(ctx, 1, "unloaded " ANSWER);
#endif
}

/* clang-format off */
#ifdef WITH_MORE
#define MORE { "more", work, .usage = "[WORD]", .help = "Only some builds have it." },
#else
#define MORE
#endif
SESHET_MODULE(
    .name = NAME, .version = ANSWER, .description = "Works.",
    .commands = SESHET_COMMANDS(
        MORE
        { "work", work }, { "slow", slow }, { "hang", hang }, { "nick", nick }, { "die", die }, { "fds", fds },
        { "timer", set_timer }, { "store", store }, { "flood", flood }, { "log", log_much },
        { "shrink", shrink_page }),
    .events = SESHET_EVENTS({ SESHET_MESSAGE, message }),
    .load = load, .unload = unload,
)
