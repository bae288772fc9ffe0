#include "net/proto/message.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static char *skip_spaces(char *s)
{
    while (*s == ' ')
        s++;
    return s;
}

/* Ends the word at s with NUL; returns what follows the spaces after it. */
static char *end_word(char *s)
{
    char *end = strchrnul(s, ' ');
    if (!*end)
        return end;
    *end = '\0';
    return skip_spaces(end + 1);
}

/* IRCv3 message-tags, "Escaping values", in place. */
static void unescape(char *s)
{
    char *from = strchr(s, '\\');
    if (!from)
        return;
    char *to = from;
    while (*from) {
        char c = *from++;
        if (c == '\\') {
            c = *from;
            if (!c)
                break;
            from++;
            switch (c) {
            case ':':
                c = ';';
                break;
            case 's':
                c = ' ';
                break;
            case 'r':
                c = '\r';
                break;
            case 'n':
                c = '\n';
                break;
            default:
                break;
            }
        }
        *to++ = c;
    }
    *to = '\0';
}

static void parse_tags(struct irc_msg *msg, char *s)
{
    while (*s && msg->ntags < IRC_MAX_TAGS) {
        char *end = strchrnul(s, ';');
        char *next = *end ? end + 1 : end;
        *end = '\0';
        char *value = strchr(s, '=');
        if (value)
            *value++ = '\0';
        else
            value = end;
        unescape(value);
        if (*s)
            msg->tags[msg->ntags++] = (struct irc_tag){.key = s, .value = value};
        s = next;
    }
}

static void parse_source(struct irc_msg *msg, char *s)
{
    if (!*s || *s == '!' || *s == '@')
        return;
    msg->nick = s;
    char *user = strchr(s, '!');
    char *host = strrchr(user ? user : s, '@');
    if (host) {
        *host = '\0';
        msg->host = host + 1;
    }
    if (user) {
        *user = '\0';
        msg->user = user + 1;
    }
}

static enum irc_word find_word(const char *s)
{
    static const char *const words[IRC_WORD_END] = {
#define X(name) [IRC_##name] = #name,
        IRC_WORD_LIST(X)
#undef X
    };
    for (int i = IRC_NO_WORD + 1; i < IRC_WORD_END; i++)
        if (!strcmp(s, words[i]))
            return (enum irc_word)i;
    return IRC_NO_WORD;
}

/* Three digits, or letters: RFC 1459 2.3.1. */
static int parse_command(struct irc_msg *msg, char *s)
{
    msg->command = s;
    if (isdigit((unsigned char)s[0])) {
        if (!isdigit((unsigned char)s[1]) || !isdigit((unsigned char)s[2]) || s[3])
            return -1;
        msg->numeric = (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
        return 0;
    }
    /* Nearly all are known as they stand. */
    msg->word = find_word(s);
    if (msg->word)
        return 0;
    if (!*s)
        return -1;
    for (; *s; s++) {
        if (*s >= 'a' && *s <= 'z')
            *s = (char)(*s - 'a' + 'A');
        else if (*s < 'A' || *s > 'Z')
            return -1;
    }
    msg->word = find_word(msg->command);
    return 0;
}

static void parse_params(struct irc_msg *msg, char *s)
{
    while (*s) {
        if (*s == ':' || msg->nparams == IRC_MAX_PARAMS - 1) {
            msg->params[msg->nparams++] = s + (*s == ':');
            return;
        }
        msg->params[msg->nparams++] = s;
        s = end_word(s);
    }
}

int irc_parse(struct irc_msg *msg, char *line)
{
    msg->nick = NULL;
    msg->user = NULL;
    msg->host = NULL;
    msg->command = "";
    msg->numeric = 0;
    msg->word = IRC_NO_WORD;
    msg->nparams = 0;
    msg->ntags = 0;
    char *s = skip_spaces(line);
    if (*s == '@') {
        char *tags = s + 1;
        s = end_word(s);
        parse_tags(msg, tags);
    }
    if (*s == ':') {
        char *source = s + 1;
        s = end_word(s);
        parse_source(msg, source);
    }
    char *command = s;
    s = end_word(s);
    if (parse_command(msg, command))
        return -1;
    parse_params(msg, s);
    return 0;
}

const char *irc_param(const struct irc_msg *msg, int i)
{
    return i >= 0 && i < msg->nparams ? msg->params[i] : "";
}

const char *irc_tag(const struct irc_msg *msg, const char *key)
{
    for (int i = msg->ntags - 1; i >= 0; i--)
        if (!strcmp(msg->tags[i].key, key))
            return msg->tags[i].value;
    return NULL;
}

/* Exactly `digits` digits, then `after`. */
static bool read_field(const char **s, int digits, char after, int *value)
{
    *value = 0;
    for (int i = 0; i < digits; i++) {
        if (!isdigit((unsigned char)**s))
            return false;
        *value = *value * 10 + (*(*s)++ - '0');
    }
    if (after && *(*s)++ != after)
        return false;
    return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. The year is counted from March, so that
 * the leap day is its last. */
static int64_t days_since_1970(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * from_march + 2) / 5 + day - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

int64_t irc_server_time(const struct irc_msg *msg)
{
    const char *s = irc_tag(msg, "time");
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int second;
    if (!s || !read_field(&s, 4, '-', &year) || !read_field(&s, 2, '-', &month) ||
        !read_field(&s, 2, 'T', &day) || !read_field(&s, 2, ':', &hour) ||
        !read_field(&s, 2, ':', &minute) || !read_field(&s, 2, '\0', &second))
        return -1;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
        second > 60)
        return -1;
    int ms = 0;
    if (*s == '.') {
        int weight = 100;
        for (s++; isdigit((unsigned char)*s); s++, weight /= 10)
            ms += (*s - '0') * weight;
    }
    if (strcmp(s, "Z") != 0)
        return -1;
    int64_t minutes = (days_since_1970(year, month, day) * 24 + hour) * 60 + minute;
    return (minutes * 60 + second) * 1000 + ms;
}
