#include "server/try/show.h"

#include <stdio.h>
#include <string.h>

#define DIM   "\033[2m"
#define BOLD  "\033[1m"
#define RED   "\033[31m"
#define PLAIN "\033[0m"

/* mIRC's first 16 colors, as a terminal has them. */
static const char *const colors[] = {"97", "30", "34", "32", "91", "31", "35", "33",
                                     "93", "92", "36", "96", "94", "95", "90", "37"};

/* A number of one or two digits behind a color's byte; -1: none. */
static int take_color(const char **text)
{
    int n = -1;
    for (int i = 0; i < 2 && **text >= '0' && **text <= '9'; i++, ++*text)
        n = (n < 0 ? 0 : n * 10) + (**text - '0');
    return n;
}

/* Formatting of IRC as a terminal's, or left out; other control bytes as '?'. */
static void put_text(bool colour, const char *text)
{
    while (*text) {
        unsigned char c = (unsigned char)*text++;
        if (c == 0x03) {
            int n = take_color(&text);
            if (*text == ',' && text[1] >= '0' && text[1] <= '9') {
                text++;
                take_color(&text);
            }
            if (colour)
                printf("\033[%sm", n >= 0 && n < 16 ? colors[n] : "39");
        } else if (c == 0x02 || c == 0x1d || c == 0x1f || c == 0x0f) {
            if (colour)
                fputs(c == 0x02   ? BOLD
                      : c == 0x1d ? "\033[3m"
                      : c == 0x1f ? "\033[4m"
                                  : PLAIN,
                      stdout);
        } else if (c == 0x11 || c == 0x16 || c == 0x1e) {
            continue;
        } else {
            putchar(c < 0x20 || c == 0x7f ? '?' : c);
        }
    }
    if (colour)
        fputs(PLAIN, stdout);
    putchar('\n');
}

/* "PRIVMSG #chan :text" as people see it; 0 when it is none. */
static int put_said(const struct show *show, const char *bot, const char *line)
{
    static const char action[] = "\001ACTION ";
    int notice = strncmp(line, "NOTICE ", 7) == 0;
    if (!notice && strncmp(line, "PRIVMSG ", 8) != 0)
        return 0;
    const char *target = line + (notice ? 7 : 8);
    const char *text = strstr(target, " :");
    if (!text)
        return 0;
    printf("%s%.*s%s ", show->colour ? DIM : "", (int)(text - target), target,
           show->colour ? PLAIN : "");
    text += 2;
    size_t len = strlen(text);
    if (strncmp(text, action, sizeof action - 1) == 0 && text[len - 1] == '\001') {
        printf("* %s ", bot);
        char copy[1024];
        snprintf(copy, sizeof copy, "%.*s", (int)(len - sizeof action), text + sizeof action - 1);
        put_text(show->colour, copy);
        return 1;
    }
    printf(notice ? "-%s%s%s- " : "<%s%s%s> ", show->colour ? BOLD : "", bot,
           show->colour ? PLAIN : "");
    put_text(show->colour, text);
    return 1;
}

void show_what_came(const struct show *show, seshet_test *t)
{
    const char *line;
    char bot[128] = "";
    seshet_test_bot(t, bot, sizeof bot);
    while ((line = seshet_test_heard(t)))
        if (!put_said(show, bot, line))
            put_text(show->colour, line);
    fflush(stdout);
    while ((line = seshet_test_logged(t))) {
        bool bad = strncmp(line, "error", 5) == 0 || strncmp(line, "warning", 7) == 0;
        fprintf(stderr, "%s", show->colour ? bad ? RED : DIM : "");
        for (; *line; line++)
            fputc((unsigned char)*line < 0x20 || *line == 0x7f ? '?' : *line, stderr);
        fprintf(stderr, "%s\n", show->colour ? PLAIN : "");
    }
}

void show_input(const struct show *show, const struct script *script, const char *line)
{
    char channel[SCRIPT_CHANNEL_SIZE];
    char nick[128];
    const char *text = script_address(line, channel, sizeof channel, nick, sizeof nick);
    printf("%s", show->colour ? DIM : "");
    if (script->nchannels > 1 && *text != '/' && !script->in_private)
        printf("%s ", *channel ? channel : script->channel);
    else if (*channel)
        printf("%s ", channel);
    if (*nick || *text != '/')
        printf("<%s> ", *nick ? nick : script->nick);
    printf("%s%s\n", text, show->colour ? PLAIN : "");
    fflush(stdout);
}

void show_nothing(const struct show *show)
{
    if (show->human)
        printf("%s(the module was not called)%s\n", show->colour ? DIM : "",
               show->colour ? PLAIN : "");
}
