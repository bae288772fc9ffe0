/*
 * quotes: keeps what was said well. Each channel has its own.
 *
 * Storage, for each network; CHANNEL is folded:
 *   n/CHANNEL         the number of the last quote that was added
 *   q/CHANNEL PAGE    those numbered PAGE * 50 + 1 ... PAGE * 50 + 50, each a line
 *                     "NUMBER TIME NICK TEXT"
 * Numbers are never given again.
 */
#include <errno.h>
#include <inttypes.h>
#include <seshet/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "modules/common/may.h"
#include "modules/common/phrase.h"
#include "modules/common/place.h"

enum {
    PER_PAGE = 50,
    NUMBER_MAX = 2000, /* so that a search reads at most 40 records */
    TEXT_MAX = 400,
    KEY_SIZE = PLACE_SIZE + 32,
    PAGE_SIZE = 32 * 1024, /* PER_PAGE lines fit */
    FOUND_SHOWN = 10
};

struct quote {
    long number;
    int64_t time;
    char nick[129];
    char text[TEXT_MAX + 1];
};

static char page[PAGE_SIZE + 1];

static void number_key(char key[KEY_SIZE], const char *channel)
{
    snprintf(key, KEY_SIZE, "n/%s", channel);
}

static void page_key(char key[KEY_SIZE], const char *channel, long number)
{
    snprintf(key, KEY_SIZE, "q/%s %ld", channel, (number - 1) / PER_PAGE);
}

/* The number of the last quote, 0 for none, or an error. */
static long read_last(seshet_ctx *ctx, const char *channel)
{
    char key[KEY_SIZE];
    char value[32];
    number_key(key, channel);
    int len = seshet_get(ctx, SESHET_HERE, key, value, sizeof value);
    if (len == SESHET_ENOTFOUND)
        return 0;
    long last = len < 0 ? len : strtol(value, NULL, 10);
    return last > NUMBER_MAX ? NUMBER_MAX : last;
}

/* The page that has the number. 0, or an error. */
static int read_page(seshet_ctx *ctx, const char *channel, long number)
{
    char key[KEY_SIZE];
    page_key(key, channel, number);
    page[0] = 0;
    int len = seshet_get(ctx, SESHET_HERE, key, page, sizeof page);
    return len < 0 && len != SESHET_ENOTFOUND ? len : 0;
}

/* Reads a line; gives the next one. What cannot be read has the number 0. */
static char *read_quote(char *line, struct quote *q)
{
    int64_t number;
    size_t len = strcspn(line, "\n");
    char end = line[len];
    line[len] = 0;
    *q = (struct quote){0};
    const char *text = line;
    if (!phrase_number(&text, &number) && !phrase_number(&text, &q->time)) {
        q->number = (long)number;
        text = phrase_word(text, q->nick, sizeof q->nick);
        phrase_copy(q->text, sizeof q->text, text);
    }
    line[len] = end;
    return line + len + (end != 0);
}

/* Looks in the page that was read. The line's start, or NULL. */
static char *find(long number, struct quote *q)
{
    for (char *line = page; *line;) {
        char *next = read_quote(line, q);
        if (q->number == number)
            return line;
        line = next;
    }
    return NULL;
}

static void say_quote(seshet_ctx *ctx, const struct quote *q)
{
    char day[32] = "";
    time_t seconds = (time_t)(q->time / 1000);
    struct tm tm;
    if (gmtime_r(&seconds, &tm))
        strftime(day, sizeof day, "%Y-%m-%d", &tm);
    seshet_answer(ctx, "#%ld: %s (%s)", q->number, q->text, day);
}

static void add(seshet_ctx *ctx, const seshet_event *ev, const char *channel, const char *args)
{
    char text[1024];
    char key[KEY_SIZE];
    int64_t number = 0;
    phrase_clean(text, sizeof text, args);
    if (!text[0] || strlen(text) > TEXT_MAX) {
        seshet_reply(ctx, "A quote has 1 to %d bytes; yours has %zu.", TEXT_MAX, strlen(text));
        return;
    }
    long last = read_last(ctx, channel);
    if (last >= NUMBER_MAX) {
        seshet_reply(ctx, "I have numbered %ld quotes here; that is enough.", last);
        return;
    }
    number_key(key, channel);
    int error = last < 0 ? (int)last : seshet_increment(ctx, SESHET_HERE, key, 1, &number);
    if (!error)
        error = read_page(ctx, channel, (long)number);
    if (!error) {
        size_t len = strlen(page);
        int more = snprintf(page + len, sizeof page - len, "%" PRId64 " %" PRId64 " %s %s\n",
                            number, ev->time_ms, ev->nick, text);
        page_key(key, channel, (long)number);
        error = (size_t)more >= sizeof page - len ? SESHET_ESIZE
                                                  : seshet_set(ctx, SESHET_HERE, key, page);
    }
    if (error)
        place_storage_failed(ctx, "save that", error);
    else
        seshet_reply(ctx, "That is quote #%" PRId64 ".", number);
}

static void get(seshet_ctx *ctx, const char *channel, long number)
{
    struct quote q;
    int error = read_page(ctx, channel, number);
    if (error)
        place_storage_failed(ctx, "look", error);
    else if (find(number, &q))
        say_quote(ctx, &q);
    else
        seshet_reply(ctx, "There is no quote #%ld here.", number);
}

/* Each quote of the channel, page by page. 0, or an error. */
static int each_quote(seshet_ctx *ctx, const char *channel,
                      void (*each)(const struct quote *q, void *arg), void *arg)
{
    long last = read_last(ctx, channel);
    for (long first = 1; first <= last; first += PER_PAGE) {
        struct quote q;
        int error = read_page(ctx, channel, first);
        if (error)
            return error;
        for (char *line = page; *line;) {
            line = read_quote(line, &q);
            if (q.number)
                each(&q, arg);
        }
    }
    return last < 0 ? (int)last : 0;
}

struct search {
    const char *text; /* "" for any */
    long count;
    long numbers[NUMBER_MAX];
    struct quote first;
};

static void search_one(const struct quote *q, void *arg)
{
    struct search *s = arg;
    if (s->text[0] && !strcasestr(q->text, s->text))
        return;
    if (!s->count)
        s->first = *q;
    if (s->count < NUMBER_MAX)
        s->numbers[s->count++] = q->number;
}

static void any(seshet_ctx *ctx, const char *channel)
{
    struct search s = {.text = ""};
    int error = each_quote(ctx, channel, search_one, &s);
    long n = error || !s.count ? 0 : phrase_random(s.count);
    if (error)
        place_storage_failed(ctx, "look", error);
    else if (!s.count)
        seshet_reply(ctx, "There are no quotes here yet. Add one: quote add TEXT");
    else if (n < 0)
        seshet_reply(ctx, "The system gives no random numbers: %s", strerror(errno));
    else
        get(ctx, channel, s.numbers[n]);
}

static void search(seshet_ctx *ctx, const char *channel, const char *text)
{
    char others[FOUND_SHOWN * 8 + 32] = "";
    size_t len = 0;
    struct search s = {.text = text};
    int error = text[0] ? each_quote(ctx, channel, search_one, &s) : 0;
    for (long i = 1; i < s.count && i < FOUND_SHOWN; i++)
        len += (size_t)snprintf(others + len, sizeof others - len, " #%ld", s.numbers[i]);
    if (s.count > FOUND_SHOWN)
        snprintf(others + len, sizeof others - len, " and %ld more", s.count - FOUND_SHOWN);
    if (error)
        place_storage_failed(ctx, "look", error);
    else if (!text[0])
        seshet_reply(ctx, "Search for what? quote find TEXT");
    else if (!s.count)
        seshet_reply(ctx, "No quote has that in it.");
    else
        seshet_answer(ctx, "#%ld: %s%s%s%s", s.first.number, s.first.text,
                      s.count > 1 ? " (also" : "", others, s.count > 1 ? ")" : "");
}

static void drop(seshet_ctx *ctx, const seshet_event *ev, const char *channel, long number)
{
    struct quote q;
    char key[KEY_SIZE];
    if (!may_manage_or_tell(ctx, ev, channel, "delete quotes"))
        return;
    int error = read_page(ctx, channel, number);
    char *line = error ? NULL : find(number, &q);
    if (line) {
        char *next = line + strcspn(line, "\n");
        next += *next != 0;
        memmove(line, next, strlen(next) + 1);
        page_key(key, channel, number);
        error = page[0] ? seshet_set(ctx, SESHET_HERE, key, page)
                        : seshet_delete(ctx, SESHET_HERE, key);
    }
    if (error < 0)
        place_storage_failed(ctx, "save that", error);
    else if (line)
        seshet_reply(ctx, "Quote #%ld is gone.", number);
    else
        seshet_reply(ctx, "There is no quote #%ld here.", number);
}

/* "12", "#12"; 0 when it is none. */
static long to_number(const char *text)
{
    char *end;
    text += *text == '#';
    long n = strtol(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && n > 0 && n <= NUMBER_MAX ? n : 0;
}

static void quote(seshet_ctx *ctx, const seshet_event *ev)
{
    char channel[PLACE_SIZE];
    const char *args = ev->args;
    const char *rest;
    if (place_find(ctx, ev, &args, channel))
        return;
    if (!args[0])
        any(ctx, channel);
    else if (to_number(args))
        get(ctx, channel, to_number(args));
    else if ((rest = phrase_after(args, "add")))
        add(ctx, ev, channel, rest);
    else if ((rest = phrase_after(args, "find")))
        search(ctx, channel, rest);
    else if ((rest = phrase_after(args, "delete")) && to_number(rest))
        drop(ctx, ev, channel, to_number(rest));
    else
        seshet_reply(ctx, "%s [NUMBER], %s add TEXT, %s find TEXT or %s delete NUMBER", ev->command,
                     ev->command, ev->command, ev->command);
}

/* clang-format off */
SESHET_MODULE(
    .name = "quotes", .version = "1.0", .description = "Keeps what was said well.",
    .commands = SESHET_COMMANDS(
        { "quote", quote, .usage = "[NUMBER | add TEXT | find TEXT | delete NUMBER]",
          .help = "Say a quote, any or a certain one; add, find or, as an operator, delete one." }),
    .capabilities = SESHET_CAPABILITIES("quotes.manage"),
)
