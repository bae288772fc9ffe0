#include "server/say/say.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "server/admin/commands.h"

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

/* Why nothing can be said to there now, or NULL. */
static const char *unsayable(const struct network *n, const char *target)
{
    return conn_state(n->conn) == CONN_ONLINE ? say_target_refused(n->state, target)
                                              : "the network is not connected";
}

static int send_line(void *arg, const char *line, size_t len)
{
    const struct network *n = arg;
    return conn_send_line(n->conn, CONN_NORMAL, line, len);
}

static struct answer answer_for(struct network *n, const struct more_person *who,
                                struct answer_tally *tally)
{
    return (struct answer){.state = n->state,
                           .more = n->more,
                           .now_ms = clock_now(n->server->clock),
                           .prefix = *n->conf->command_prefix,
                           .who = *who,
                           .tally = tally,
                           .send = send_line,
                           .arg = n};
}

static int send_answer(struct network *n, const struct say *say, const struct answer *answer,
                       const char *text)
{
    size_t cut;
    if (answer_say(answer, say->kind, say->target, text, say->len, &cut))
        return refuse(n, say, "the send queue is full");
    if (cut)
        log_warn("say.cut", LOG_MODULE(n->key, say->module),
                 "an answer to %s was cut, %zu bytes were left", say->target, cut);
    return 0;
}

/* answer NULL: nobody asked. */
static int say_clean_text(struct network *n, const struct say *say, const struct answer *answer,
                          const char *text)
{
    return answer ? send_answer(n, say, answer, text) : send_pieces(n, say, text, say->len);
}

static int say_one(struct network *n, const struct say *say, const struct answer *answer)
{
    const char *why = unsayable(n, say->target);
    if (why)
        return refuse(n, say, why);
    if (is_repeated(n, say))
        return refuse(n, say, "the same text was said there several times in a row");
    if (!str_has_control(say->text, say->len))
        return say_clean_text(n, say, answer, say->text);
    char *copy = xmemdup(say->text, say->len);
    say_clean(copy, say->len, say->kind);
    int result = say_clean_text(n, say, answer, copy);
    free(copy);
    return result;
}

int say_text(struct network *n, const struct say *say)
{
    return say_one(n, say, NULL);
}

int say_answer(struct network *n, const struct say *say, const struct more_person *who,
               struct answer_tally *tally)
{
    struct answer answer = answer_for(n, who, tally);
    return say_one(n, say, &answer);
}

bool say_more(struct network *n, const struct irc_event *event)
{
    const struct more_person who = {event->nick, event->user, event->host};
    const struct say say = {.target = event->reply_to, .module = CORE_MODULE};
    struct answer answer = answer_for(n, &who, NULL);
    const char *why = unsayable(n, event->reply_to);
    int sent = why ? -1 : answer_more(&answer, event->reply_to, event->is_private);
    if (sent < 0)
        refuse(n, &say, why ? why : "the send queue is full");
    return sent <= 0;
}
