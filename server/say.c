#include "server/say.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "net/proto/wrap.h"

#define MAX_TARGET       256
#define MAX_LINE         8192 /* the most that LINELEN can say */
#define UNKNOWN_USER     11   /* RFC 2812 servers show at most 10 bytes and '~' */
#define UNKNOWN_HOST     63   /* and at most that many of the host */
#define REFUSED_QUIET_MS 10000
#define CUT_MARK         " ..."
#define ACTION_START     "\001ACTION "
#define ACTION_END       "\001"

static const char *const kind_words[] = {"PRIVMSG", "NOTICE", "PRIVMSG"};

/* Logged once for a cause and a while: who makes a bot talk could flood its log as well. */
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

/* How many bytes of text fit into a line to this target. */
static size_t room(const struct network *n, const struct say *say)
{
    const struct isupport *is = irc_state_isupport(n->state);
    size_t user = strlen(irc_state_user(n->state));
    size_t host = strlen(irc_state_host(n->state));
    size_t taken = strlen(":!@  :\r\n") + strlen(irc_state_nick(n->state)) +
                   (user ? user : UNKNOWN_USER) + (host ? host : UNKNOWN_HOST) +
                   strlen(kind_words[say->kind]) + strlen(say->target);
    if (say->kind == SAY_ACTION)
        taken += strlen(ACTION_START ACTION_END);
    return is->linelen > taken + 40 ? is->linelen - taken : 40;
}

/* What stands before and behind each piece. */
struct frame_text {
    char before[MAX_TARGET + 32];
    size_t before_len;
    const char *behind;
};

static void frame_init(struct frame_text *f, const struct say *say)
{
    bool action = say->kind == SAY_ACTION;
    const char *const parts[] = {kind_words[say->kind], " ", say->target,
                                 action ? " :" ACTION_START : " :"};
    f->before_len = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t len = strlen(parts[i]);
        memcpy(f->before + f->before_len, parts[i], len);
        f->before_len += len;
    }
    f->behind = action ? ACTION_END : "";
}

/* The hot path: no printf. */
static int send_piece(struct network *n, const struct say *say, const struct frame_text *f,
                      const char *piece, size_t len, const char *mark)
{
    char line[MAX_LINE + sizeof f->before];
    size_t mark_len = strlen(mark);
    size_t behind_len = strlen(f->behind);
    char *at = line;
    memcpy(at, f->before, f->before_len);
    at += f->before_len;
    memcpy(at, piece, len);
    at += len;
    memcpy(at, mark, mark_len);
    at += mark_len;
    memcpy(at, f->behind, behind_len);
    at += behind_len;
    if (conn_send_line(n->conn, CONN_NORMAL, line, (size_t)(at - line)))
        return refuse(n, say, "the send queue is full");
    return 0;
}

static int send_pieces(struct network *n, const struct say *say, const char *text, size_t len)
{
    struct frame_text frame;
    size_t max = room(n, say);
    const char *end = text + len;
    frame_init(&frame, say);
    for (int lines = 1; text < end; lines++) {
        bool last = lines == SAY_MAX_LINES;
        const char *next;
        size_t piece =
            wrap_next(text, (size_t)(end - text), last ? max - strlen(CUT_MARK) : max, &next);
        bool cut = last && next < end;
        if (piece && send_piece(n, say, &frame, text, piece, cut ? CUT_MARK : ""))
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
static size_t clean(char *text, size_t len, enum say_kind kind)
{
    len = wrap_clean(text, len);
    if (kind != SAY_NOTICE)
        for (size_t i = 0; i < len; i++)
            if (text[i] == '\001')
                text[i] = ' ';
    while (len && text[len - 1] == ' ')
        len--;
    return len;
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
    char small[1024];
    char *copy = say->len < sizeof small ? small : xmalloc(say->len + 1);
    memcpy(copy, say->text, say->len);
    copy[say->len] = '\0';
    int result = send_pieces(n, say, copy, clean(copy, say->len, say->kind));
    if (copy != small)
        free(copy);
    return result;
}
