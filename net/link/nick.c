#include "net/link/nick.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define NICKLEN_LEAST  9 /* RFC 1459 1.2 */
#define UNDERSCORES    3
#define POLL_MS        60000
#define AGAIN_FIRST_MS 30000 /* between two attempts for the wanted nick */
#define AGAIN_MAX_MS   600000
#define MONITOR_DONE   "MONITOR - %s"

static void ask(struct nick *n, const char *name, const struct sink *out)
{
    str_copy(n->asked, sizeof n->asked, name);
    sink_printf(out, "NICK %s", name);
}

void nick_begin(struct nick *n, const struct sink *out)
{
    n->current[0] = '\0';
    n->tries = n->rejected = n->losses = 0;
    n->online = n->hopeless = n->monitoring = false;
    n->due_ms = INT64_MAX;
    n->free_from_ms = INT64_MIN;
    ask(n, n->wanted, out);
}

/* Nothing longer than what was configured (or the RFC's least) is sure to be taken uncut. */
static size_t longest(const struct nick *n)
{
    size_t most = strlen(n->wanted);
    for (size_t i = 0; i < n->nalternates; i++)
        if (strlen(n->alternates[i]) > most)
            most = strlen(n->alternates[i]);
    if (most < NICKLEN_LEAST)
        most = NICKLEN_LEAST;
    return most < NICK_MAX ? most : NICK_MAX - 1;
}

/* Candidate number i, counted from 0, after the wanted nick itself. */
static void candidate(const struct nick *n, unsigned i, char *dst, size_t size)
{
    if (i < n->nalternates) {
        str_copy(dst, size, n->alternates[i]);
        return;
    }
    i -= (unsigned)n->nalternates;
    char tail[16] = "___";
    if (i < UNDERSCORES)
        tail[i + 1] = '\0';
    else
        snprintf(tail, sizeof tail, "%u", i - UNDERSCORES + 2);
    size_t room = longest(n) - strlen(tail);
    snprintf(dst, size, "%.*s%s", (int)room, n->wanted, tail);
}

int nick_refused(struct nick *n, int numeric, const struct sink *out)
{
    char name[NICK_MAX];
    if (numeric == 432)
        n->rejected++;
    if (n->tries >= NICK_TRIES_MAX)
        return -1;
    candidate(n, n->tries++, name, sizeof name);
    ask(n, name, out);
    return 0;
}

void nick_welcomed(struct nick *n, const char *name)
{
    str_copy(n->current, sizeof n->current, name);
    n->asked[0] = '\0';
}

bool nick_is_me(const struct nick *n, const struct isupport *is, const char *name)
{
    return name && n->current[0] && irc_equal(is->casemapping, n->current, name);
}

/* Also when the server has cut it to its NICKLEN. */
static bool is_wanted(const struct nick *n, const struct isupport *is, const char *name)
{
    if (!name)
        return false;
    if (irc_equal(is->casemapping, n->wanted, name))
        return true;
    char cut[NICK_MAX];
    str_copy(cut, sizeof cut, n->wanted);
    if (is->nicklen >= strlen(cut))
        return false;
    cut[is->nicklen] = '\0';
    return irc_equal(is->casemapping, cut, name);
}

static void rest(struct nick *n)
{
    n->due_ms = INT64_MAX;
    n->losses = 0;
}

/* Looks out for the wanted nick, when we have another. */
static void watch(struct nick *n, const struct isupport *is, int64_t now, const struct sink *out)
{
    if (n->asked[0])
        return; /* looks again when it is answered */
    if (!n->online || n->hopeless || is_wanted(n, is, n->current)) {
        rest(n);
        return;
    }
    if (is->monitor && !n->monitoring) {
        n->monitoring = true;
        sink_printf(out, "MONITOR + %s", n->wanted);
    }
    if (now < n->free_from_ms)
        n->due_ms = n->free_from_ms;
    else
        n->due_ms = is->monitor ? INT64_MAX : now + POLL_MS;
}

void nick_online(struct nick *n, const struct isupport *is, int64_t now, const struct sink *out)
{
    n->online = true;
    watch(n, is, now, out);
    /* The nick may have become free since it was refused. */
    if (n->due_ms != INT64_MAX)
        n->due_ms = now + POLL_MS / 4;
}

/* The wanted nick seems to be free. */
static void seize(struct nick *n, const struct isupport *is, int64_t now, const struct sink *out)
{
    if (!n->online || n->hopeless || is_wanted(n, is, n->current) || n->asked[0])
        return;
    if (now < n->free_from_ms) {
        n->due_ms = n->free_from_ms; /* someone takes it from us again and again */
        return;
    }
    int64_t pause = AGAIN_FIRST_MS;
    for (unsigned i = 0; i < n->losses && pause < AGAIN_MAX_MS; i++)
        pause *= 2;
    n->losses++;
    n->free_from_ms = now + (pause < AGAIN_MAX_MS ? pause : AGAIN_MAX_MS);
    n->due_ms = now + POLL_MS; /* should no answer come */
    ask(n, n->wanted, out);
}

void nick_tick(struct nick *n, const struct isupport *is, int64_t now, const struct sink *out)
{
    if (now < n->due_ms)
        return;
    n->due_ms = INT64_MAX;
    n->asked[0] = '\0'; /* an answer that never came */
    if (!n->online || n->hopeless || is_wanted(n, is, n->current))
        return;
    /* ISON (RFC 1459 5.8) answers at once, also where MONITOR is known. */
    sink_printf(out, "ISON %s", n->wanted);
    if (!is->monitor)
        n->due_ms = now + POLL_MS;
}

static void changed(struct nick *n, const struct isupport *is, const struct irc_msg *msg,
                    int64_t now, const struct sink *out)
{
    if (!nick_is_me(n, is, msg->nick)) {
        if (is_wanted(n, is, msg->nick) && !is_wanted(n, is, irc_param(msg, 0)))
            seize(n, is, now, out);
        return;
    }
    str_copy(n->current, sizeof n->current, irc_param(msg, 0));
    n->asked[0] = '\0';
    if (is_wanted(n, is, n->current) && n->monitoring) {
        n->monitoring = false;
        sink_printf(out, MONITOR_DONE, n->wanted);
    }
    watch(n, is, now, out);
}

/* RPL_ISON: the nicks that are online, of the one we asked about. */
static bool ison_has(const struct nick *n, const struct isupport *is, const char *list)
{
    char name[NICK_MAX];
    while (*(list += strspn(list, " "))) {
        size_t len = strcspn(list, " ");
        snprintf(name, sizeof name, "%.*s", (int)(len < NICK_MAX ? len : NICK_MAX - 1), list);
        if (is_wanted(n, is, name))
            return true;
        list += len;
    }
    return false;
}

/* RPL_MONOFFLINE: "nick[!user@host],..." */
static bool monoffline_has(const struct nick *n, const struct isupport *is, const char *list)
{
    char name[NICK_MAX];
    while (*list) {
        size_t len = strcspn(list, ",");
        size_t name_len = strcspn(list, ",!");
        snprintf(name, sizeof name, "%.*s", (int)(name_len < NICK_MAX ? name_len : NICK_MAX - 1),
                 list);
        if (is_wanted(n, is, name))
            return true;
        list += len + (list[len] == ',');
    }
    return false;
}

void nick_feed(struct nick *n, const struct isupport *is, const struct irc_msg *msg, int64_t now,
               const struct sink *out)
{
    switch (msg->numeric) {
    case 0:
        if (msg->word == IRC_NICK)
            changed(n, is, msg, now, out);
        else if (msg->word == IRC_QUIT && is_wanted(n, is, msg->nick))
            seize(n, is, now, out);
        break;
    case 303:
        if (!ison_has(n, is, irc_param(msg, 1)))
            seize(n, is, now, out);
        break;
    case 731:
        if (monoffline_has(n, is, irc_param(msg, 1)))
            seize(n, is, now, out);
        break;
    case 432:
        if (n->asked[0] && is_wanted(n, is, n->asked))
            n->hopeless = true;
        /* fall through */
    case 433:
    case 436:
    case 437:
    case 438:
        if (n->asked[0]) {
            n->asked[0] = '\0';
            watch(n, is, now, out);
        }
        break;
    default:
        break;
    }
}

void nick_change(struct nick *n, const struct isupport *is, const char *old, int64_t now,
                 const struct sink *out)
{
    if (!n->online || irc_equal(is->casemapping, old, n->wanted))
        return;
    if (n->monitoring) {
        n->monitoring = false;
        sink_printf(out, MONITOR_DONE, old);
    }
    n->hopeless = false;
    n->losses = 0;
    n->free_from_ms = INT64_MIN;
    n->asked[0] = '\0';
    seize(n, is, now, out);
    watch(n, is, now, out);
}
