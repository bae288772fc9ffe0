#include "server/say.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"

#define REFUSED_QUIET_MS 10000

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

static int send_pieces(struct network *n, const struct say *say, const char *text, size_t len)
{
    struct say_lines lines;
    char line[SAY_LINE_SIZE];
    say_lines_begin(&lines, n->state, say->kind, say->target, text, len);
    for (size_t size; (size = say_lines_next(&lines, line));)
        if (conn_send_line(n->conn, CONN_NORMAL, line, size))
            return refuse(n, say, "the send queue is full");
    if (lines.left)
        log_warn("say.cut", LOG_MODULE(n->key, say->module),
                 "a text to %s was cut after %d lines, %zu bytes were left", say->target,
                 SAY_MAX_LINES, lines.left);
    return 0;
}

static bool is_repeated(struct network *n, const struct say *say)
{
    char folded[SAY_TARGET_SIZE];
    irc_fold_copy(irc_state_isupport(n->state)->casemapping, folded, sizeof folded, say->target);
    return !repeat_allow(&n->repeat, folded, say->text, say->len, clock_now(n->server->clock));
}

int say_text(struct network *n, const struct say *say)
{
    if (conn_state(n->conn) != CONN_ONLINE)
        return refuse(n, say, "the network is not connected");
    const char *why = say_target_refused(n->state, say->target);
    if (why)
        return refuse(n, say, why);
    if (is_repeated(n, say))
        return refuse(n, say, "the same text was said there several times in a row");
    if (!str_has_control(say->text, say->len))
        return send_pieces(n, say, say->text, say->len);
    char *copy = xmemdup(say->text, say->len);
    say_clean(copy, say->len, say->kind);
    int result = send_pieces(n, say, copy, say->len);
    free(copy);
    return result;
}
