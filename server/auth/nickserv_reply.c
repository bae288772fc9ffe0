#include "server/auth/nickserv_reply.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

#define WORDS    6
#define MAX_TEXT 600

struct words {
    size_t count;
    const char *word[WORDS];
    char text[MAX_TEXT];
};

/* Bold, colour and the like are single control bytes here; services use no colour numbers. */
static void strip(char *dst, size_t size, const char *text)
{
    size_t len = 0;
    for (; *text && len + 1 < size; text++)
        if ((unsigned char)*text >= ' ' && *text != 0x7f)
            dst[len++] = *text;
    dst[len] = '\0';
}

static void split(struct words *w, const char *text)
{
    char *save = NULL;
    w->count = 0;
    strip(w->text, sizeof w->text, text);
    for (char *word = strtok_r(w->text, " ", &save); word && w->count < WORDS;
         word = strtok_r(NULL, " ", &save))
        w->word[w->count++] = word;
}

static bool is(const struct words *w, size_t i, const char *word)
{
    return i < w->count && !strcasecmp(w->word[i], word);
}

/* "command" or "command." */
static bool is_command(const struct words *w, size_t i)
{
    return i < w->count && !strncasecmp(w->word[i], "command", strlen("command"));
}

/* One digit. */
static bool is_level(const struct words *w, size_t i)
{
    return i < w->count && w->word[i][0] >= '0' && w->word[i][0] <= '9' && !w->word[i][1];
}

static void answer(struct nickserv_reply *reply, const char *nick, const char *level,
                   const char *account)
{
    bool known = !strcmp(level, "3") && strcmp(account, "*") != 0;
    if (!str_copy(reply->nick, sizeof reply->nick, nick) ||
        !str_copy(reply->account, sizeof reply->account, known ? account : "")) {
        *reply = (struct nickserv_reply){.kind = NICKSERV_OTHER};
        return;
    }
    reply->kind = NICKSERV_ANSWER;
}

void nickserv_reply_parse(struct nickserv_reply *reply, const char *text)
{
    struct words w;
    *reply = (struct nickserv_reply){.kind = NICKSERV_OTHER};
    split(&w, text);
    if (is(&w, 1, "->") && is(&w, 3, "ACC") && is_level(&w, 4))
        answer(reply, w.word[0], w.word[4], w.word[2]);
    else if (is(&w, 1, "ACC") && is_level(&w, 2))
        answer(reply, w.word[0], w.word[2], w.word[0]);
    else if (is(&w, 0, "STATUS") && is_level(&w, 2))
        answer(reply, w.word[1], w.word[2], w.count > 3 ? w.word[3] : w.word[1]);
    else if ((is(&w, 0, "Unknown") || is(&w, 0, "Invalid")) && is_command(&w, 1))
        reply->kind = NICKSERV_UNKNOWN;
}
