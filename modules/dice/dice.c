/* dice: rolls dice, as players write them: 2d6+1. */
#include <ctype.h>
#include <errno.h>
#include <seshet/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/common/phrase.h"

enum { DICE_MAX = 100, SIDES_MAX = 1000000, PLUS_MAX = 1000000, SHOWN_MAX = 20 };

struct throw
{
    long dice, sides, plus;
};

/* A number without sign in [1, max] at *s, moving *s behind it; -1 when there is none. */
static long number(const char **s, long max)
{
    if (!isdigit((unsigned char)**s))
        return -1;
    char *end;
    errno = 0;
    long n = strtol(*s, &end, 10);
    *s = end;
    return errno || n < 1 || n > max ? -1 : n;
}

/* "2d6+1", "2d6 + 1", "d20", "6" (one die of six sides), "" (the same). Returns what is wrong, or
 * NULL. */
static const char *parse(const char *s, struct throw *t)
{
    *t = (struct throw){.dice = 1, .sides = 6, .plus = 0};
    if (!*s)
        return NULL;
    if (isdigit((unsigned char)s[0]) && !strpbrk(s, "dD")) {
        t->sides = number(&s, SIDES_MAX);
    } else {
        if (*s != 'd' && *s != 'D')
            t->dice = number(&s, DICE_MAX);
        if (t->dice < 0)
            return "I throw 1 to 100 dice at once";
        if (*s != 'd' && *s != 'D')
            return "I do not understand that";
        s++;
        t->sides = number(&s, SIDES_MAX);
    }
    if (t->sides < 0)
        return "a die has 1 to 1000000 sides";
    s += strspn(s, " ");
    if (*s == '+' || *s == '-') {
        int sign = *s++ == '-' ? -1 : 1;
        s += strspn(s, " ");
        t->plus = number(&s, PLUS_MAX);
        if (t->plus < 0)
            return "I add or take away 1 to 1000000";
        t->plus *= sign;
    }
    return *s ? "I do not understand that" : NULL;
}

static void roll(seshet_ctx *ctx, const seshet_event *ev)
{
    struct throw t;
    const char *wrong = parse(ev->args, &t);
    if (wrong) {
        seshet_reply(ctx, "%s; try %s 2d6+1", wrong, ev->command);
        return;
    }
    char each[SHOWN_MAX * 16] = "";
    size_t len = 0;
    long sum = t.plus;
    for (long i = 0; i < t.dice; i++) {
        long n = phrase_random(t.sides);
        if (n < 0) {
            seshet_reply(ctx, "the system gives no random numbers: %s", strerror(errno));
            return;
        }
        sum += ++n;
        if (t.dice <= SHOWN_MAX)
            len += (size_t)snprintf(each + len, sizeof each - len, i ? " + %ld" : "%ld", n);
    }
    if (t.plus && len)
        snprintf(each + len, sizeof each - len, t.plus < 0 ? " - %ld" : " + %ld", labs(t.plus));
    if (t.dice > SHOWN_MAX || !strchr(each, ' '))
        seshet_reply(ctx, "%ld", sum);
    else
        seshet_reply(ctx, "%s = %ld", each, sum);
}

/* clang-format off */
SESHET_MODULE(
    .name = "dice", .version = "1.0", .description = "Rolls dice.",
    .commands = SESHET_COMMANDS(
        { "roll", roll, .usage = "[NdM[+K] | SIDES]",
          .help = "Roll N dice of M sides and add K: roll 2d6+1." }),
)
