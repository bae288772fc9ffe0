#include "server/say/say_lines.h"

#include <string.h>

#include "net/proto/wrap.h"

#define UNKNOWN_USER 11 /* RFC 2812 servers show at most 10 bytes and '~' */
#define UNKNOWN_HOST 63 /* and at most that many of the host */
#define CUT_MARK     " ..."

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

static bool target_is_word(const char *target)
{
    size_t len = strlen(target);
    return len && len < SAY_TARGET_SIZE && *target != ':' && !strpbrk(target, " ,\r\n\a");
}

const char *say_target_refused(const struct irc_state *state, const char *target)
{
    const struct isupport *is = irc_state_isupport(state);
    if (!target_is_word(target))
        return "that is neither a channel nor a nick";
    const char *channel = isupport_skip_statusmsg(is, target);
    if (isupport_is_channel(is, channel) && !irc_channel_find(state, channel))
        return "the bot is not in that channel";
    return NULL;
}

void say_clean(char *text, size_t len, enum say_kind kind)
{
    wrap_clean(text, len);
    if (kind != SAY_NOTICE)
        for (size_t i = 0; i < len; i++)
            if (text[i] == '\001')
                text[i] = ' ';
}

static char *put(char *to, const char *from, size_t len)
{
    memcpy(to, from, len);
    return to + len;
}

/* How many bytes of text fit into a line, as the server sends it on with our source before it. */
static size_t room(const struct say_lines *l, const struct irc_state *state)
{
    const struct isupport *is = irc_state_isupport(state);
    size_t user = strlen(irc_state_user(state));
    size_t host = strlen(irc_state_host(state));
    size_t taken = strlen(":!@ \r\n") + strlen(irc_state_nick(state)) +
                   (user ? user : UNKNOWN_USER) + (host ? host : UNKNOWN_HOST) + l->head_len +
                   kinds[l->kind].behind.len;
    return is->linelen > taken + 40 ? is->linelen - taken : 40;
}

void say_lines_begin(struct say_lines *l, const struct irc_state *state, enum say_kind kind,
                     const char *target, const char *text, size_t len)
{
    char *at = put(l->head, kinds[kind].word.text, kinds[kind].word.len);
    at = put(at, target, strlen(target));
    at = put(at, kinds[kind].before.text, kinds[kind].before.len);
    l->head_len = (size_t)(at - l->head);
    l->kind = kind;
    while (len && text[len - 1] == ' ')
        len--;
    l->at = text;
    l->end = text + len;
    l->max = room(l, state);
    l->before = 0;
    l->count = 0;
    l->left = 0;
}

/* The hot path: no printf. */
size_t say_lines_write(const struct say_lines *l, char line[SAY_LINE_SIZE], const char *piece,
                       size_t len, const char *tail)
{
    char *at = put(line, l->head, l->head_len);
    at = put(at, piece, len);
    at = put(at, tail, strlen(tail));
    at = put(at, kinds[l->kind].behind.text, kinds[l->kind].behind.len);
    return (size_t)(at - line);
}

const char *say_lines_take(struct say_lines *l, size_t reserve, size_t *len)
{
    while (l->at < l->end) {
        const char *piece = l->at;
        const char *newline = memchr(piece, '\n', (size_t)(l->end - piece));
        const char *end = newline ? newline : l->end;
        size_t taken = reserve + l->before;
        *len = wrap_next(piece, (size_t)(end - piece), l->max > taken ? l->max - taken : 1, &l->at);
        l->at += newline && l->at == newline;
        l->before = 0;
        if (*len)
            return piece;
    }
    return NULL;
}

size_t say_lines_count(const struct say_lines *l, size_t most)
{
    size_t count = 0;
    size_t len = (size_t)(l->end - l->at);
    if (len + l->before <= l->max && !memchr(l->at, '\n', len)) /* as nearly all answers */
        return len && most ? 1 : 0;
    struct say_lines ahead = *l;
    while (count < most && say_lines_take(&ahead, 0, &len))
        count++;
    return count;
}

size_t say_lines_next(struct say_lines *l, char line[SAY_LINE_SIZE])
{
    size_t len;
    if (l->count == SAY_MAX_LINES)
        return 0;
    bool last = ++l->count == SAY_MAX_LINES;
    const char *piece = say_lines_take(l, last ? strlen(CUT_MARK) : 0, &len);
    l->left = last ? (size_t)(l->end - l->at) : 0;
    return piece ? say_lines_write(l, line, piece, len, l->left ? CUT_MARK : "") : 0;
}
