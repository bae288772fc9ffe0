#include "server/say.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "net/proto/wrap.h"

#define MAX_TARGET       256
#define MAX_LINE         8192 /* the most that LINELEN can say */
#define UNKNOWN_USER     11   /* RFC 2812 servers show at most 10 bytes and '~' */
#define UNKNOWN_HOST     63   /* and at most that many of the host */
#define REFUSED_QUIET_MS 10000
#define CUT_MARK         " ..."

struct piece {
    const char *text;
    size_t len;
};
#define PIECE(literal)                                                                             \
    {                                                                                              \
        literal, sizeof literal - 1                                                                \
    }

/* What stands before the target, between it and the text, and behind the text. */
static const struct {
    struct piece word;
    struct piece before;
    struct piece behind;
} kinds[] = {
    [SAY_PRIVMSG] = {PIECE("PRIVMSG "), PIECE(" :"), PIECE("")},
    [SAY_NOTICE] = {PIECE("NOTICE "), PIECE(" :"), PIECE("")},
    [SAY_ACTION] = {PIECE("PRIVMSG "), PIECE(" :\001ACTION "), PIECE("\001")},
};

static int refuse(struct network *n, const struct say *say, const char *why)
{
    int64_t now = clock_now(n->server->clock);
    if (n->refused.why == why && now - n->refused.logged_ms < REFUSED_QUIET_MS) {
        n->refused.more++;
        return -1;
    }
    if (n->refused.more)
        log_warn("say.refused", LOG_NETWORK(n->key), "%lu more texts were not said: %s",
                 n->refused.more, n->refused.why);
    log_warn("say.refused", LOG_MODULE(n->key, say->module), "nothing said to \"%.100s\": %s",
             say->target, why);
    n->refused.why = why;
    n->refused.more = 0;
    n->refused.logged_ms = now;
    return -1;
}

static bool target_is_word(const char *target)
{
    size_t len = strlen(target);
    return len && len < MAX_TARGET && *target != ':' && !strpbrk(target, " ,\r\n\a");
}

/* What each line begins with. */
struct head {
    char bytes[MAX_TARGET + 32];
    size_t len;
};

static char *put(char *to, const char *from, size_t len)
{
    memcpy(to, from, len);
    return to + len;
}

static void make_head(struct head *head, const struct say *say)
{
    char *at = put(head->bytes, kinds[say->kind].word.text, kinds[say->kind].word.len);
    at = put(at, say->target, strlen(say->target));
    at = put(at, kinds[say->kind].before.text, kinds[say->kind].before.len);
    head->len = (size_t)(at - head->bytes);
}

/* How many bytes of text fit into a line, as the server sends it on with our source before it. */
static size_t room(const struct network *n, const struct say *say, const struct head *head)
{
    const struct isupport *is = irc_state_isupport(n->state);
    size_t user = strlen(irc_state_user(n->state));
    size_t host = strlen(irc_state_host(n->state));
    size_t taken = strlen(":!@ \r\n") + strlen(irc_state_nick(n->state)) +
                   (user ? user : UNKNOWN_USER) + (host ? host : UNKNOWN_HOST) + head->len +
                   kinds[say->kind].behind.len;
    return is->linelen > taken + 40 ? is->linelen - taken : 40;
}

/* The hot path: no printf. */
static int send_piece(struct network *n, const struct say *say, const struct head *head,
                      const char *piece, size_t len, bool cut)
{
    char line[MAX_LINE + sizeof head->bytes];
    char *at = put(line, head->bytes, head->len);
    at = put(at, piece, len);
    if (cut)
        at = put(at, CUT_MARK, strlen(CUT_MARK));
    at = put(at, kinds[say->kind].behind.text, kinds[say->kind].behind.len);
    if (conn_send_line(n->conn, CONN_NORMAL, line, (size_t)(at - line)))
        return refuse(n, say, "the send queue is full");
    return 0;
}

static int send_pieces(struct network *n, const struct say *say, const char *text, size_t len)
{
    struct head head;
    make_head(&head, say);
    size_t max = room(n, say, &head);
    while (len && text[len - 1] == ' ')
        len--;
    const char *end = text + len;
    for (int lines = 1; text < end; lines++) {
        bool last = lines == SAY_MAX_LINES;
        const char *next;
        size_t piece =
            wrap_next(text, (size_t)(end - text), last ? max - strlen(CUT_MARK) : max, &next);
        bool cut = last && next < end;
        if (piece && send_piece(n, say, &head, text, piece, cut))
            return -1;
        if (cut) {
            log_warn("say.cut", LOG_MODULE(n->key, say->module),
                     "a text to %s was cut after %d lines, %zu bytes were left", say->target,
                     SAY_MAX_LINES, (size_t)(end - next));
            return 0;
        }
        text = next;
    }
    return 0;
}

/* Nobody's text may begin a CTCP: that is what the kinds are for. */
static void clean(char *text, size_t len, enum say_kind kind)
{
    wrap_clean(text, len);
    if (kind != SAY_NOTICE)
        for (size_t i = 0; i < len; i++)
            if (text[i] == '\001')
                text[i] = ' ';
}

static bool is_repeated(struct network *n, const struct say *say)
{
    char folded[MAX_TARGET];
    irc_fold_copy(irc_state_isupport(n->state)->casemapping, folded, sizeof folded, say->target);
    return !repeat_allow(&n->repeat, folded, say->text, say->len, clock_now(n->server->clock));
}

int say_text(struct network *n, const struct say *say)
{
    const struct isupport *is = irc_state_isupport(n->state);
    if (conn_state(n->conn) != CONN_ONLINE)
        return refuse(n, say, "the network is not connected");
    if (!target_is_word(say->target))
        return refuse(n, say, "that is neither a channel nor a nick");
    const char *channel = isupport_skip_statusmsg(is, say->target);
    if (isupport_is_channel(is, channel) && !irc_channel_find(n->state, channel))
        return refuse(n, say, "the bot is not in that channel");
    if (is_repeated(n, say))
        return refuse(n, say, "the same text was said there several times in a row");
    if (!str_has_control(say->text, say->len))
        return send_pieces(n, say, say->text, say->len);
    char *copy = xmemdup(say->text, say->len);
    clean(copy, say->len, say->kind);
    int result = send_pieces(n, say, copy, say->len);
    free(copy);
    return result;
}
