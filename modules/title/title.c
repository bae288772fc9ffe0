/*
 * title: tells the titles of pages whose URLs are said in channels. Needs the permission "net".
 *
 * Configuration: "allow": addresses and networks that pages may be fetched from though they are not
 * of the public internet; "ca_file": a file with more CAs.
 *
 * Storage, on each network: "off CHANNEL" = 1, the channel as the network folds it: only who asks
 * with the command is told there.
 */
#include <seshet/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/common/may.h"
#include "modules/common/text.h"
#include "modules/title/address.h"
#include "modules/title/charset.h"
#include "modules/title/fetch.h"
#include "modules/title/html.h"
#include "modules/title/trust.h"
#include "modules/title/url.h"

enum {
    KEY_SIZE = 256,
    CONFIG_SIZE = 2049,
    CHANNELS_MAX = 64,
    BURST = 3,              /* pages a channel may have looked at at once */
    REFILL_MS = 5000,       /* and one more after that time */
    SAME_MS = 5 * 60 * 1000 /* a URL that is repeated within that time is not */
};

/* What was last in a channel. */
struct place {
    char channel[KEY_SIZE];
    char url[URL_SIZE];
    int64_t url_ms, refilled_ms;
    int tokens;
};

static struct place places[CHANNELS_MAX];

/* The channel's, or that of the channel that was silent for longest. */
static struct place *find_place(const char *folded, int64_t now)
{
    struct place *oldest = &places[0];
    for (size_t i = 0; i < CHANNELS_MAX; i++) {
        if (strcmp(places[i].channel, folded) == 0)
            return &places[i];
        if (places[i].url_ms < oldest->url_ms)
            oldest = &places[i];
    }
    *oldest = (struct place){.tokens = BURST, .refilled_ms = now};
    snprintf(oldest->channel, sizeof oldest->channel, "%s", folded);
    return oldest;
}

static int take_token(struct place *p, int64_t now)
{
    int64_t more = (now - p->refilled_ms) / REFILL_MS;
    if (more > 0) {
        p->tokens = more >= BURST - p->tokens ? BURST : p->tokens + (int)more;
        p->refilled_ms += more * REFILL_MS;
    }
    return p->tokens > 0 ? p->tokens-- : 0;
}

/* 0; -1: why. */
static int look(const char *url, char title[HTML_TITLE_SIZE], char host[URL_HOST_SIZE],
                char why[FETCH_WHY_SIZE])
{
    static struct page page; /* large */
    if (fetch(url, &page, why))
        return -1;
    char *text = charset_to_utf8(page.body, page.len, page.type);
    int result = text ? html_title(text, title) : -1;
    free(text);
    snprintf(host, URL_HOST_SIZE, "%s", page.host);
    text_clean(host);
    if (result && !page.is_text) {
        page.type[strcspn(page.type, ";")] = 0;
        text_clean(page.type);
        snprintf(why, FETCH_WHY_SIZE, "it is %.100s", page.type);
    } else if (result) {
        snprintf(why, FETCH_WHY_SIZE, "it has no title");
    }
    return result;
}

static int make_key(seshet_ctx *ctx, const char *channel, char key[KEY_SIZE])
{
    snprintf(key, KEY_SIZE, "off ");
    return seshet_fold(ctx, key + 4, KEY_SIZE - 4, channel);
}

/* Whether it is switched off, or nobody knows. */
static int is_off(seshet_ctx *ctx, const char *channel)
{
    char key[KEY_SIZE];
    char value[2];
    return make_key(ctx, channel, key) < 0 ||
           seshet_get(ctx, SESHET_HERE, key, value, sizeof value) != SESHET_ENOTFOUND;
}

static struct place *place_of(seshet_ctx *ctx, const seshet_event *ev)
{
    char folded[KEY_SIZE];
    const char *name = ev->is_private ? ev->nick : ev->channel;
    if (seshet_fold(ctx, folded, sizeof folded, name) < 0)
        return NULL;
    return find_place(folded, seshet_now(ctx));
}

/* What calls a command of another module is for that one. */
static int calls_something(seshet_ctx *ctx, const char *text)
{
    char prefix[8];
    return seshet_field(ctx, "cmd_prefix", prefix, sizeof prefix) > 0 &&
           strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Unasked: silent about what goes wrong. */
static void on_said(seshet_ctx *ctx, const seshet_event *ev)
{
    char url[URL_SIZE];
    char title[HTML_TITLE_SIZE];
    char host[URL_HOST_SIZE];
    char why[FETCH_WHY_SIZE];
    if (ev->from_me || ev->is_private || !ev->channel[0] || url_find(ev->text, url) ||
        calls_something(ctx, ev->text))
        return;
    int64_t now = seshet_now(ctx);
    struct place *p = place_of(ctx, ev);
    if (!p)
        return;
    int repeated = strcmp(p->url, url) == 0 && now - p->url_ms < SAME_MS;
    snprintf(p->url, sizeof p->url, "%s", url);
    p->url_ms = now;
    if (repeated || is_off(ctx, ev->channel) || !may_use(ctx, "net") || !take_token(p, now))
        return;
    if (look(url, title, host, why))
        seshet_log(ctx, 0, "no title of %s: %s", url, why);
    else
        seshet_answer(ctx, "[ %s ] - %s", title, host);
}

static void turn(seshet_ctx *ctx, const seshet_event *ev, int on)
{
    char key[KEY_SIZE];
    if (!may_change(ctx, ev))
        return;
    int result = make_key(ctx, ev->channel, key);
    if (result >= 0)
        result = on ? seshet_delete(ctx, SESHET_HERE, key) : seshet_set(ctx, SESHET_HERE, key, "1");
    if (result < 0)
        seshet_reply(ctx, "I cannot write that down now: %s.", seshet_strerror(result));
    else
        seshet_reply(ctx, on ? "I tell titles in %s." : "I tell titles in %s only when asked.",
                     ev->channel);
}

static void title_command(seshet_ctx *ctx, const seshet_event *ev)
{
    char url[URL_SIZE];
    char title[HTML_TITLE_SIZE];
    char host[URL_HOST_SIZE];
    char why[FETCH_WHY_SIZE];
    if (text_same(ev->args, "on") || text_same(ev->args, "off")) {
        turn(ctx, ev, text_same(ev->args, "on"));
        return;
    }
    struct place *p = place_of(ctx, ev);
    if (!p || !may_use_or_tell(ctx, "net", "fetch pages"))
        return;
    if (!*ev->args && p->url[0])
        snprintf(url, sizeof url, "%s", p->url);
    else if (url_find(ev->args, url)) {
        seshet_reply(ctx, "Of which page? %s https://example.org/", ev->command);
        return;
    }
    if (!take_token(p, seshet_now(ctx)))
        seshet_reply(ctx, "That is too fast for me; try again in some seconds.");
    else if (look(url, title, host, why)) {
        text_clean(why);
        seshet_reply(ctx, "I cannot tell: %s.", why);
    } else
        seshet_reply(ctx, "[ %s ] - %s", title, host);
}

/* "" when it is not set. */
static void read_config(seshet_ctx *ctx, const char *key, char value[CONFIG_SIZE])
{
    if (seshet_config(ctx, key, value, CONFIG_SIZE) < 0)
        value[0] = 0;
}

static void configure(seshet_ctx *ctx)
{
    char value[CONFIG_SIZE];
    char wrong[ADDRESS_TEXT_SIZE];
    char why[512];
    read_config(ctx, "allow", value);
    if (address_allow(value, wrong))
        seshet_log(ctx, 2, "config.allow: \"%s\" is no address and no network; try 10.0.0.0/8",
                   wrong);
    read_config(ctx, "ca_file", value);
    if (trust_file(value, why, sizeof why))
        seshet_log(ctx, 2,
                   "config.ca_file: %s; it has to lie in /etc/ssl/certs, /usr/share or, with the "
                   "permission files, the module's own folder",
                   why);
}

static int load(seshet_ctx *ctx)
{
    if (fetch_init()) {
        seshet_log(ctx, 3, "libcurl does not start");
        return -1;
    }
    configure(ctx);
    return 0;
}

/* clang-format off */
SESHET_MODULE(
    .name = "title", .version = "1.0",
    .description = "Tells the titles of pages whose URLs are said.",
    .commands = SESHET_COMMANDS(
        { "title", title_command, .usage = "[URL | on | off]",
          .help = "Tell the title of URL, or of the last one said here; operators switch whether I "
                  "tell titles in this channel unasked." }),
    .events = SESHET_EVENTS({ SESHET_MESSAGE, on_said }, { SESHET_ACTION, on_said }),
    .load = load, .config_changed = configure,
    .capabilities = SESHET_CAPABILITIES("title.manage"),
)
