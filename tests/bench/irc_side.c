#include "tests/bench/irc_side.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

#define SERVER         "bench.example"
#define COMMAND_PREFIX ":user!u@h PRIVMSG #bench :!echo "
#define ANSWER_PREFIX  "PRIVMSG #bench :user: "
#define PROBE          "probe"
#define DIGITS_MAX     20
#define WORDS_MAX      4

/* A line cut into its command and parameters; missing ones are "". */
struct words {
    char text[512];
    const char *word[WORDS_MAX];
};

void irc_side_init(struct irc_side *s, uint32_t index)
{
    *s = (struct irc_side){.index = index};
}

void irc_side_free(struct irc_side *s)
{
    buf_free(&s->out);
}

void irc_side_command(struct irc_side *s, uint64_t number)
{
    char digits[DIGITS_MAX];
    char *first = digits + sizeof(digits);
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    size_t count = (size_t)(digits + sizeof(digits) - first);
    const size_t prefix = sizeof(COMMAND_PREFIX) - 1;

    char *to = buf_reserve(&s->out, prefix + DIGITS_MAX + 2);
    memcpy(to, COMMAND_PREFIX, prefix);
    memcpy(to + prefix, first, count);
    to[prefix + count] = '\r';
    to[prefix + count + 1] = '\n';
    buf_commit(&s->out, prefix + count + 2);
}

void irc_side_probe(struct irc_side *s)
{
    buf_printf(&s->out, COMMAND_PREFIX PROBE "%u\r\n", s->probes++);
}

static void cut_words(struct words *w, const char *line, size_t len)
{
    if (len >= sizeof(w->text))
        len = sizeof(w->text) - 1;
    memcpy(w->text, line, len);
    w->text[len] = '\0';
    char *at = w->text;
    for (int i = 0; i < WORDS_MAX; i++) {
        if (*at == ':') {
            w->word[i] = at + 1;
            at += strlen(at);
            continue;
        }
        w->word[i] = at;
        at += strcspn(at, " ");
        if (*at)
            *at++ = '\0';
    }
}

static void welcome(struct irc_side *s)
{
    if (!s->nick[0] || !s->has_user || s->cap_open || s->state != IRC_SIDE_REGISTERING)
        return;
    const char *nick = s->nick;
    buf_printf(&s->out,
               ":" SERVER " 001 %s :Welcome to bench%u %s\r\n"
               ":" SERVER " 002 %s :Your host is " SERVER "\r\n"
               ":" SERVER " 003 %s :This server was created just now\r\n"
               ":" SERVER " 004 %s " SERVER " bench-1 i bklimnopstv\r\n",
               nick, s->index, nick, nick, nick, nick);
    buf_printf(&s->out,
               ":" SERVER " 005 %s CASEMAPPING=ascii NETWORK=bench%u NICKLEN=30 CHANNELLEN=50"
               " CHANTYPES=# PREFIX=(ov)@+ CHANMODES=b,k,l,imnpst :are supported by this server\r\n"
               ":" SERVER " 376 %s :End of MOTD\r\n",
               nick, s->index, nick);
    s->state = IRC_SIDE_WELCOMED;
}

static void on_cap(struct irc_side *s, const struct words *w)
{
    const char *nick = s->nick[0] ? s->nick : "*";
    if (strcasecmp(w->word[1], "LS") == 0) {
        s->cap_open = s->state == IRC_SIDE_REGISTERING;
        buf_printf(&s->out, ":" SERVER " CAP %s LS :\r\n", nick);
    } else if (strcasecmp(w->word[1], "REQ") == 0) {
        buf_printf(&s->out, ":" SERVER " CAP %s NAK :%s\r\n", nick, w->word[2]);
    } else if (strcasecmp(w->word[1], "END") == 0) {
        s->cap_open = false;
        welcome(s);
    }
}

static void on_nick(struct irc_side *s, const struct words *w)
{
    if (s->state != IRC_SIDE_REGISTERING)
        buf_printf(&s->out, ":%s!bench@127.0.0.1 NICK %s\r\n", s->nick, w->word[1]);
    str_copy(s->nick, sizeof(s->nick), w->word[1]);
    welcome(s);
}

static void on_user(struct irc_side *s, const struct words *w)
{
    (void)w;
    s->has_user = true;
    welcome(s);
}

static void on_join(struct irc_side *s, const struct words *w)
{
    if (strcmp(w->word[1], "#bench") != 0 || s->state != IRC_SIDE_WELCOMED) {
        buf_printf(&s->out, ":" SERVER " 403 %s %s :No such channel\r\n", s->nick, w->word[1]);
        return;
    }
    buf_printf(&s->out,
               ":%s!bench@127.0.0.1 JOIN #bench\r\n"
               ":" SERVER " 353 %s = #bench :@user %s\r\n"
               ":" SERVER " 366 %s #bench :End of /NAMES list.\r\n"
               "PING :" SERVER "\r\n",
               s->nick, s->nick, s->nick, s->nick);
    s->state = IRC_SIDE_JOINED;
}

static void on_pong(struct irc_side *s, const struct words *w)
{
    if (s->state != IRC_SIDE_JOINED || strcmp(w->word[1], SERVER) != 0)
        return;
    s->state = IRC_SIDE_PROBING;
    irc_side_probe(s);
}

static void on_ping(struct irc_side *s, const struct words *w)
{
    buf_printf(&s->out, ":" SERVER " PONG " SERVER " :%s\r\n", w->word[1]);
}

static void on_who(struct irc_side *s, const struct words *w)
{
    buf_printf(&s->out, ":" SERVER " 315 %s %s :End of /WHO list.\r\n", s->nick, w->word[1]);
}

static void on_mode(struct irc_side *s, const struct words *w)
{
    if (w->word[1][0] == '#' && !w->word[2][0])
        buf_printf(&s->out, ":" SERVER " 324 %s %s +nt\r\n", s->nick, w->word[1]);
    else if (w->word[1][0] == '#')
        buf_printf(&s->out, ":" SERVER " 368 %s %s :End of channel ban list\r\n", s->nick,
                   w->word[1]);
}

static const struct {
    const char *command;
    void (*on)(struct irc_side *s, const struct words *w);
} handlers[] = {
    {"CAP", on_cap},   {"NICK", on_nick}, {"USER", on_user}, {"JOIN", on_join},
    {"PING", on_ping}, {"PONG", on_pong}, {"WHO", on_who},   {"MODE", on_mode},
};

static enum irc_side_heard on_other_line(struct irc_side *s, const char *line, size_t len)
{
    struct words w;
    cut_words(&w, line, len);
    if (strcmp(w.word[0], "QUIT") == 0)
        return IRC_SIDE_HEARD_QUIT;
    if (strcmp(w.word[0], "PRIVMSG") == 0 || strcmp(w.word[0], "NOTICE") == 0)
        return IRC_SIDE_HEARD_UNEXPECTED;
    for (size_t i = 0; i < sizeof(handlers) / sizeof(*handlers); i++) {
        if (strcmp(w.word[0], handlers[i].command) == 0) {
            handlers[i].on(s, &w);
            return IRC_SIDE_HEARD_NOTHING;
        }
    }
    buf_printf(&s->out, ":" SERVER " 421 %s %s :Unknown command\r\n", s->nick[0] ? s->nick : "*",
               w.word[0]);
    return IRC_SIDE_HEARD_NOTHING;
}

/* Decimal digits and nothing else. */
static bool parse_number(const char *text, size_t len, uint64_t *number)
{
    if (!len || len >= DIGITS_MAX)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)(text[i] - '0');
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}

enum irc_side_heard irc_side_line(struct irc_side *s, const char *line, size_t len,
                                  uint64_t *number)
{
    const size_t prefix = sizeof(ANSWER_PREFIX) - 1;
    if (len < prefix || memcmp(line, ANSWER_PREFIX, prefix) != 0)
        return on_other_line(s, line, len);
    const char *text = line + prefix;
    len -= prefix;
    if (parse_number(text, len, number))
        return IRC_SIDE_HEARD_ANSWER;
    if (len < sizeof(PROBE) || memcmp(text, PROBE, sizeof(PROBE) - 1) != 0)
        return IRC_SIDE_HEARD_UNEXPECTED;
    if (s->state == IRC_SIDE_PROBING)
        s->state = IRC_SIDE_READY;
    return IRC_SIDE_HEARD_NOTHING;
}
